// Command prng prints bcryptprimitives.dll, for Wine 8 to run Go programs with.
//
//	go run ./tools/wine/prng >$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll
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
)

const (
	name      = "bcryptprimitives.dll\x00"
	export    = "ProcessPrng\x00"
	forwardTo = "advapi32.SystemFunction036\x00"
)

// The two parts of the file, headers and section, fit into one such block each.
const block = 0x200

// Addresses in memory, counted from the image's beginning.
const (
	sectionAt = 0x1000
	tablesAt  = sectionAt + 40 // behind the directory
	nameAt    = tablesAt + 10  // behind the tables
	exportAt  = nameAt + uint32(len(name))
	forwardAt = exportAt + uint32(len(export))
)

// exports is IMAGE_EXPORT_DIRECTORY, and the tables of its one export.
type exports struct {
	Flags, Time  uint32
	Major, Minor uint16
	Name         uint32
	OrdinalBase  uint32
	Functions    uint32
	Names        uint32
	FunctionsAt  uint32
	NamesAt      uint32
	OrdinalsAt   uint32

	Function uint32 // an address within the directory's block means: a string that names the function to use instead
	NameOf   uint32
	Ordinal  uint16
}

func main() {
	if _, err := os.Stdout.Write(append(headers(), section()...)); err != nil {
		fmt.Fprintln(os.Stderr, "prng:", err)
		os.Exit(1)
	}
}

func section() []byte {
	e := exports{
		Name: nameAt, OrdinalBase: 1,
		Functions: 1, FunctionsAt: tablesAt, Function: forwardAt,
		Names: 1, NamesAt: tablesAt + 4, NameOf: exportAt,
		OrdinalsAt: tablesAt + 8,
	}
	return encode(e, []byte(name+export+forwardTo))
}

func headers() []byte {
	optional := pe.OptionalHeader64{
		Magic:                 0x20b, // 64 bits
		SizeOfInitializedData: block,
		ImageBase:             0x1_8000_0000,
		SectionAlignment:      sectionAt,
		FileAlignment:         block,

		MajorOperatingSystemVersion: 6,
		MajorSubsystemVersion:       6,

		SizeOfImage:         2 * sectionAt,
		SizeOfHeaders:       block,
		Subsystem:           pe.IMAGE_SUBSYSTEM_WINDOWS_CUI,
		DllCharacteristics:  pe.IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE | pe.IMAGE_DLLCHARACTERISTICS_NX_COMPAT,
		NumberOfRvaAndSizes: 16,
	}
	optional.DataDirectory[pe.IMAGE_DIRECTORY_ENTRY_EXPORT] = pe.DataDirectory{VirtualAddress: sectionAt, Size: block}
	file := pe.FileHeader{
		Machine:              pe.IMAGE_FILE_MACHINE_AMD64,
		NumberOfSections:     1,
		SizeOfOptionalHeader: 0xf0, // of the structure above
		Characteristics:      pe.IMAGE_FILE_EXECUTABLE_IMAGE | pe.IMAGE_FILE_LARGE_ADDRESS_AWARE | pe.IMAGE_FILE_DLL,
	}
	table := pe.SectionHeader32{
		Name:             [8]uint8([]byte(".rdata\x00\x00")),
		VirtualSize:      block,
		VirtualAddress:   sectionAt,
		SizeOfRawData:    block,
		PointerToRawData: block,
		Characteristics:  pe.IMAGE_SCN_CNT_INITIALIZED_DATA | pe.IMAGE_SCN_MEM_READ,
	}
	dos := [0x40]byte{'M', 'Z', 0x3c: 0x40} // where the PE headers begin: behind this
	return encode(dos, []byte("PE\x00\x00"), file, optional, table)
}

// encode returns a block with the parts, one behind the other.
func encode(parts ...any) []byte {
	var b bytes.Buffer
	for _, part := range parts {
		if err := binary.Write(&b, binary.LittleEndian, part); err != nil {
			panic(err) // a part without a fixed size: a mistake in this file
		}
	}
	return append(b.Bytes(), make([]byte, block-b.Len())...)
}
