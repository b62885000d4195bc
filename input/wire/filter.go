package wire

import (
	"fmt"

	"golang.org/x/net/bpf"
)

// mostPorts and mostInterfaces bound the filter, whose jumps are short.
const (
	mostPorts      = 32
	mostInterfaces = 64
	mostExtensions = 4 // headers of IPv6 between its own and that of TCP
)

// snap is more than any packet has, also one of several segments.
const snap = 1 << 20

// filter returns the program by which the kernel decides what we get: TCP from or
// to one of the ports, through one of the interfaces (none: through any). Of a
// fragmented packet only the first fragment tells its ports, and only it
// passes. What the loopback interface sends it also receives, and only that
// passes. A VLAN's tag is not in the way: the packet begins with the IP header.
func filter(ports []uint16, interfaces []int) ([]bpf.RawInstruction, error) {
	if len(ports) == 0 || len(ports) > mostPorts {
		return nil, fmt.Errorf("%d ports: 1 to %d can be read at once", len(ports), mostPorts)
	}
	if len(interfaces) > mostInterfaces {
		return nil, fmt.Errorf("%d interfaces: at most %d can be named", len(interfaces), mostInterfaces)
	}
	return bpf.Assemble(append(where(interfaces), what(ports)...))
}

// Values that the kernel has beside the packet.
const (
	etherIPv4   = 0x0800
	etherIPv6   = 0x86dd
	etherVLAN   = 0x8100
	etherQinQ   = 0x88a8
	outgoing    = 4
	linkLoop    = 772
	drop        = 0
	scratchSize = 0 // cell of the filter's memory
)

// where decides by what is beside the packet, and falls through if it may pass.
func where(interfaces []int) []bpf.Instruction {
	program := []bpf.Instruction{
		bpf.LoadExtension{Num: bpf.ExtProto},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: etherIPv4, SkipTrue: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: etherIPv6, SkipTrue: 3},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: etherVLAN, SkipTrue: 2},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: etherQinQ, SkipTrue: 1},
		bpf.RetConstant{Val: drop},

		bpf.LoadExtension{Num: bpf.ExtType},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: outgoing, SkipTrue: 3},
		bpf.LoadExtension{Num: bpf.ExtLinkLayerType},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: linkLoop, SkipTrue: 1},
		bpf.RetConstant{Val: drop},
	}
	if len(interfaces) == 0 {
		return program
	}
	program = append(program, bpf.LoadExtension{Num: bpf.ExtInterfaceIndex})
	for i, index := range interfaces {
		over := uint8(len(interfaces) - i)
		program = append(program, bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(index), SkipTrue: over})
	}
	return append(program, bpf.RetConstant{Val: drop})
}

// what decides by the packet.
func what(ports []uint16) []bpf.Instruction {
	four := whatIPv4(ports)
	program := []bpf.Instruction{
		bpf.LoadAbsolute{Off: 0, Size: 1},
		bpf.ALUOpConstant{Op: bpf.ALUOpShiftRight, Val: 4},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: 4, SkipTrue: uint8(len(four))},
	}
	program = append(program, four...)
	program = append(program,
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: 6, SkipTrue: 1},
		bpf.RetConstant{Val: drop},
	)
	return append(program, whatIPv6(ports)...)
}

func whatIPv4(ports []uint16) []bpf.Instruction {
	return append([]bpf.Instruction{
		bpf.LoadAbsolute{Off: 9, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: protoTCP, SkipTrue: 1},
		bpf.RetConstant{Val: drop},
		bpf.LoadAbsolute{Off: 6, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpBitsNotSet, Val: 0x1fff, SkipTrue: 1}, // a later fragment
		bpf.RetConstant{Val: drop},
		bpf.LoadMemShift{Off: 0},
	}, onePort(ports)...)
}

// whatIPv6 follows the headers, the kernel's programs having no loops, one after the other.
func whatIPv6(ports []uint16) []bpf.Instruction {
	program := []bpf.Instruction{
		bpf.LoadConstant{Dst: bpf.RegX, Val: sizeIPv6},
		bpf.LoadAbsolute{Off: 6, Size: 1},
	}
	found := onePort(ports)
	for range mostExtensions {
		program = append(program,
			bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: protoTCP, SkipTrue: uint8(len(found))})
		program = append(program, found...)
		program = append(program, nextHeader()...)
	}
	program = append(program,
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: protoTCP, SkipTrue: 1},
		bpf.RetConstant{Val: drop},
	)
	return append(program, found...)
}

// nextHeader goes from the extension header at X, whose type is in A, to what
// follows it.
func nextHeader() []bpf.Instruction {
	return []bpf.Instruction{
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: protoFragment, SkipTrue: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: protoHop, SkipTrue: 8},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: protoRouting, SkipTrue: 7},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: protoOptions, SkipTrue: 6},
		bpf.RetConstant{Val: drop},
		// The first fragment, or one that is all.
		bpf.LoadIndirect{Off: 2, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpBitsNotSet, Val: 0xfff8, SkipTrue: 1},
		bpf.RetConstant{Val: drop},
		bpf.LoadConstant{Dst: bpf.RegA, Val: 8},
		bpf.Jump{Skip: 3},
		// Its length is in units of 8, the first not counted.
		bpf.LoadIndirect{Off: 1, Size: 1},
		bpf.ALUOpConstant{Op: bpf.ALUOpAdd, Val: 1},
		bpf.ALUOpConstant{Op: bpf.ALUOpShiftLeft, Val: 3},
		// A is its length.
		bpf.ALUOpX{Op: bpf.ALUOpAdd},
		bpf.StoreScratch{Src: bpf.RegA, N: scratchSize},
		bpf.LoadIndirect{Off: 0, Size: 1},
		bpf.LoadScratch{Dst: bpf.RegX, N: scratchSize},
	}
}

// onePort decides by the ports of the TCP header at X.
func onePort(ports []uint16) []bpf.Instruction {
	var program []bpf.Instruction
	length := 2 * (len(ports) + 1)
	for _, offset := range []uint32{0, 2} {
		program = append(program, bpf.LoadIndirect{Off: offset, Size: 2})
		for _, p := range ports {
			over := uint8(length - len(program)) // to the last instruction
			program = append(program, bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(p), SkipTrue: over})
		}
	}
	return append(program, bpf.RetConstant{Val: drop}, bpf.RetConstant{Val: snap})
}
