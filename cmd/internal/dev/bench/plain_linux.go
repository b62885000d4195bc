package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// recvfrom is the process that does the least possible with the packets of a port: it receives
// them one by one. It ends when its input ends.
func recvfrom(_ context.Context, args []string) error {
	if len(args) != 1 {
		return errors.New("recvfrom takes one port")
	}
	port, err := strconv.ParseUint(args[0], 10, 16)
	if err != nil {
		return err
	}
	all := int(unix.ETH_P_ALL>>8 | unix.ETH_P_ALL&0xff<<8)
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open a packet socket: %w", err)
	}
	defer unix.Close(fd)
	if err := prepare(fd, uint32(port)); err != nil {
		return err
	}
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: uint16(all)}); err != nil {
		return err
	}
	if _, err := io.WriteString(os.Stdout, plainReady); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(io.Discard, os.Stdin)
	}()
	packet := make([]byte, 512<<10)
	for {
		_, _, err := unix.Recvfrom(fd, packet, 0)
		select {
		case <-ended:
			return nil
		default:
		}
		if err != nil && !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// prepare lets only packets of TCP over IPv4 from or to the port through, and of those that loopback sends, and
// therefore receives, each once; in a queue as long as the one of capture.
func prepare(fd int, port uint32) error {
	const loopbackSends, tcp, mostly = 4, 6, 8 << 20
	program, err := bpf.Assemble([]bpf.Instruction{
		bpf.LoadExtension{Num: bpf.ExtType},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: loopbackSends, SkipTrue: 7},
		bpf.LoadAbsolute{Off: 9, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: tcp, SkipTrue: 5},
		bpf.LoadMemShift{Off: 0},
		bpf.LoadIndirect{Off: 0, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: port, SkipTrue: 3},
		bpf.LoadIndirect{Off: 2, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: port, SkipTrue: 1},
		bpf.RetConstant{Val: 0},
		bpf.RetConstant{Val: 1 << 20},
	})
	if err != nil {
		return err
	}
	filter := make([]unix.SockFilter, len(program))
	for i, in := range program {
		filter[i] = unix.SockFilter{Code: in.Op, Jt: in.Jt, Jf: in.Jf, K: in.K}
	}
	limit := unix.NsecToTimeval(int64(100 * time.Millisecond))
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, mostly) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, mostly)
	}
	return errors.Join(
		unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
			&unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}),
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit),
	)
}

// standStill stops a process for a while and lets it go on.
func standStill(ctx context.Context, p *process, d time.Duration) error {
	if err := pause(ctx, time.Second); err != nil {
		return err
	}
	if err := unix.Kill(p.cmd.Process.Pid, unix.SIGSTOP); err != nil {
		return err
	}
	err := pause(ctx, d)
	return errors.Join(err, unix.Kill(p.cmd.Process.Pid, unix.SIGCONT))
}
