// Command prng writes bcryptprimitives.dll, for Wine 8 to run Go programs with.
//
//	go run ./tools/wine/prng DIR
//
// Every Go program for Windows asks bcryptprimitives.dll for random numbers when it starts, and Wine before version 9 has no
// such file. The one written here holds no code at all. Its only export, ProcessPrng, is a forwarder: the loader puts another
// function in its place, SystemFunction036 of advapi32.dll, which is Wine's own random number generator and takes the same
// arguments. It is for tests: nothing that is shipped contains or needs it.
//
// The layout is that of "PE Format" in Microsoft's documentation: the DOS header, the PE headers and the section table in one
// block, then one section with the export directory and the strings that it points to.
package main

import (
	"bytes"
	"debug/pe"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
)

const (
	name      = "bcryptprimitives.dll"
	export    = "ProcessPrng"
	forwardTo = "advapi32.SystemFunction036"

	fileAlign = 0x200  // each part of the file is padded to a multiple of this
	section   = 0x1000 // where the section lies in memory, counted from the image's beginning; also the alignment there
)

// exportDirectory is IMAGE_EXPORT_DIRECTORY, with the three tables of its one export behind it.
type exportDirectory struct {
	Flags, Time  uint32
	Major, Minor uint16
	Name         uint32
	OrdinalBase  uint32
	Functions    uint32
	Names        uint32
	FunctionsAt  uint32
	NamesAt      uint32
	OrdinalsAt   uint32

	Function uint32 // an address inside the export section means: a string that names the function to use instead
	NameOf   uint32
	Ordinal  uint16
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: prng DIR")
		os.Exit(2)
	}
	if err := os.WriteFile(filepath.Join(os.Args[1], name), image(), 0o755); err != nil {
		fmt.Fprintln(os.Stderr, "prng:", err)
		os.Exit(1)
	}
}

func image() []byte {
	exports := exportSection()
	body := pad(exports)
	return append(pad(headers(len(exports), len(body))), body...)
}

func exportSection() []byte {
	d := exportDirectory{OrdinalBase: 1, Functions: 1, Names: 1}
	size := uint32(binary.Size(d))
	tables := section + size - 10
	d.FunctionsAt, d.NamesAt, d.OrdinalsAt = tables, tables+4, tables+8
	d.Name = section + size
	d.NameOf = d.Name + uint32(len(name)+1)
	d.Function = d.NameOf + uint32(len(export)+1)
	return append(encode(d), name+"\x00"+export+"\x00"+forwardTo+"\x00"...)
}

func headers(exports, body int) []byte {
	optional := pe.OptionalHeader64{
		Magic:                 0x20b, // 64 bits
		SizeOfInitializedData: uint32(body),
		ImageBase:             0x1_8000_0000,
		SectionAlignment:      section,
		FileAlignment:         fileAlign,

		MajorOperatingSystemVersion: 6,
		MajorSubsystemVersion:       6,

		SizeOfImage:         2 * section,
		SizeOfHeaders:       fileAlign,
		Subsystem:           pe.IMAGE_SUBSYSTEM_WINDOWS_CUI,
		DllCharacteristics:  pe.IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE | pe.IMAGE_DLLCHARACTERISTICS_NX_COMPAT,
		NumberOfRvaAndSizes: 16,
	}
	optional.DataDirectory[pe.IMAGE_DIRECTORY_ENTRY_EXPORT] = pe.DataDirectory{VirtualAddress: section, Size: uint32(exports)}
	file := pe.FileHeader{
		Machine:              pe.IMAGE_FILE_MACHINE_AMD64,
		NumberOfSections:     1,
		SizeOfOptionalHeader: uint16(binary.Size(optional)),
		Characteristics:      pe.IMAGE_FILE_EXECUTABLE_IMAGE | pe.IMAGE_FILE_LARGE_ADDRESS_AWARE | pe.IMAGE_FILE_DLL,
	}
	table := pe.SectionHeader32{
		Name:             [8]uint8([]byte(".rdata\x00\x00")),
		VirtualSize:      uint32(exports),
		VirtualAddress:   section,
		SizeOfRawData:    uint32(body),
		PointerToRawData: fileAlign,
		Characteristics:  pe.IMAGE_SCN_CNT_INITIALIZED_DATA | pe.IMAGE_SCN_MEM_READ,
	}
	dos := make([]byte, 0x40)
	copy(dos, "MZ")
	dos[0x3c] = 0x40 // where the PE headers begin
	return append(dos, encode([]byte("PE\x00\x00"), file, optional, table)...)
}

func encode(parts ...any) []byte {
	var b bytes.Buffer
	for _, part := range parts {
		if err := binary.Write(&b, binary.LittleEndian, part); err != nil {
			panic(err) // a part without a fixed size: a mistake in this file
		}
	}
	return b.Bytes()
}

func pad(b []byte) []byte {
	return append(b, make([]byte, (fileAlign-len(b)%fileAlign)%fileAlign)...)
}
