package file

import (
	"errors"
	"io/fs"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// openShared opens a file for reading without keeping others from renaming or
// deleting it, as os.Open would.
func openShared(path string) (*os.File, error) {
	h, err := open(path, windows.GENERIC_READ, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(h), path), nil
}

func open(path string, access, flags uint32) (windows.Handle, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return windows.InvalidHandle, err
	}
	return windows.CreateFile(name, access,
		windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE,
		nil, windows.OPEN_EXISTING, windows.FILE_ATTRIBUTE_NORMAL|flags, 0)
}

func statPath(path string) (stat, error) {
	h, err := open(path, windows.FILE_READ_ATTRIBUTES, windows.FILE_FLAG_BACKUP_SEMANTICS)
	if err != nil {
		return stat{}, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	defer windows.CloseHandle(h)
	return statHandle(h, path)
}

func statFile(f *os.File) (stat, error) { return statHandle(windows.Handle(f.Fd()), f.Name()) }

func statHandle(h windows.Handle, path string) (stat, error) {
	var info windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(h, &info); err != nil {
		return stat{}, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	kind, _ := windows.GetFileType(h)
	dir := info.FileAttributes&windows.FILE_ATTRIBUTE_DIRECTORY != 0
	st := stat{
		id: fileID{
			Dev: uint64(info.VolumeSerialNumber),
			Ino: uint64(info.FileIndexHigh)<<32 | uint64(info.FileIndexLow),
		},
		size:    int64(info.FileSizeHigh)<<32 | int64(info.FileSizeLow),
		mtime:   info.LastWriteTime.Nanoseconds(),
		links:   uint64(info.NumberOfLinks),
		regular: kind == windows.FILE_TYPE_DISK && !dir,
		dir:     dir,
	}
	var standard struct {
		AllocationSize, EndOfFile int64
		NumberOfLinks             uint32
		DeletePending, Directory  bool
		_                         [2]byte
	}
	if windows.GetFileInformationByHandleEx(h, windows.FileStandardInfo,
		(*byte)(unsafe.Pointer(&standard)), uint32(unsafe.Sizeof(standard))) == nil && standard.DeletePending {
		st.links = 0
	}
	return st, nil
}

// descriptorLimit is 0: Windows knows none worth minding.
func descriptorLimit() uint64 { return 0 }

// outOfDescriptors reports whether closing another file would help.
func outOfDescriptors(err error) bool {
	return errors.Is(err, windows.ERROR_TOO_MANY_OPEN_FILES)
}

// stale reports whether the handle is dead, and opening the file again may help.
func stale(err error) bool {
	return errors.Is(err, windows.ERROR_INVALID_HANDLE) || errors.Is(err, windows.ERROR_NETNAME_DELETED)
}
