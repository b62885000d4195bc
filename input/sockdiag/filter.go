package sockdiag

// instruction is one of the kernel's classic packet filter, a struct sock_filter.
type instruction struct {
	code   uint16
	yes    uint8
	no     uint8
	number uint32
}

// Codes of linux/bpf_common.h.
const (
	loadHalf = 0x28
	jumpIf   = 0x15
	give     = 0x06
)

// maxFiltered is how many ports a filter can hold: a jump passes at most 255 instructions.
const maxFiltered = 200

// localPort is the offset of the socket's local port in a message.
const localPort = headerLen + 4

// filter returns a program by which the kernel drops messages of other local ports than these,
// before they cost us anything or count as lost; nil, which drops nothing, for more ports than a
// program can hold.
func filter(ports []uint16) []instruction {
	if len(ports) > maxFiltered {
		return nil
	}
	program := []instruction{{loadHalf, 0, 0, localPort}}
	for i, port := range ports {
		program = append(program, instruction{jumpIf, uint8(len(ports) - i), 0, uint32(port)})
	}
	return append(program, instruction{give, 0, 0, 0}, instruction{give, 0, 0, 0xffffffff})
}
