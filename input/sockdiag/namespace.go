package sockdiag

import "encoding/binary"

// Numbers of linux/rtnetlink.h and linux/net_namespace.h.
const (
	newNamespace       = 88 // RTM_NEWNSID
	getNamespace       = 90 // RTM_GETNSID
	attributeNamespace = 1  // NETNSA_NSID
	attributePID       = 2  // NETNSA_PID
	rtgenLen           = 4
)

func namespaceRequest(sequence, pid uint32) []byte {
	b := header(getNamespace, flagRequest, sequence)
	b = append(b, 0, 0, 0, 0)
	b = binary.NativeEndian.AppendUint16(b, 8)
	b = binary.NativeEndian.AppendUint16(b, attributePID)
	return sized(binary.NativeEndian.AppendUint32(b, pid))
}

func namespaceReply(m message) (number int32, ok bool) {
	if m.kind != newNamespace || len(m.body) < rtgenLen {
		return 0, false
	}
	value := attribute(m.body[rtgenLen:], attributeNamespace)
	if len(value) < 4 {
		return 0, false
	}
	number = int32(binary.NativeEndian.Uint32(value))
	return number, number >= 0
}
