package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/CycloneDX/cyclonedx-go"
)

// listParts writes the software bill of materials: CycloneDX 1.6, in JSON. Its serial number and date follow from what is in
// it, where others take a random number and the clock, so that it comes out the same again.
func (j *job) listParts(t target, parts []part) error {
	bom := cyclonedx.NewBOM()
	app := cyclonedx.Component{
		BOMRef: "app", Type: cyclonedx.ComponentTypeApplication, Name: j.app.Package, Version: j.app.Version, Description: j.app.Summary,
		Publisher: j.app.Publisher, Licenses: licensedAs(j.app.License),
	}
	bom.Metadata = &cyclonedx.Metadata{Timestamp: j.app.date.Format(time.RFC3339), Component: &app}
	components, refs := make([]cyclonedx.Component, 0, len(parts)), make([]string, 0, len(parts))
	sum := sha256.New()
	fmt.Fprintln(sum, j.app.ID, j.app.Version, t)
	for _, p := range parts {
		fmt.Fprintln(sum, p.url())
		refs = append(refs, p.url())
		components = append(components, cyclonedx.Component{
			BOMRef: p.url(), Type: cyclonedx.ComponentTypeLibrary, Name: p.name, Version: p.version, PackageURL: p.url(), Licenses: licensedAs(p.license),
		})
	}
	bom.Components = &components
	bom.Dependencies = &[]cyclonedx.Dependency{{Ref: "app", Dependencies: &refs}}
	id := sum.Sum(nil)
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80 // RFC 9562 §5.8: a UUID from a hash of one's own choice
	bom.SerialNumber = fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:16])
	name := fmt.Sprintf("%s-%s-%s.cdx.json", j.app.Package, j.app.Version, t)
	file, err := os.Create(filepath.Join(j.out, name))
	if err != nil {
		return err
	}
	if err := cyclonedx.NewBOMEncoder(file, cyclonedx.BOMFileFormatJSON).SetPretty(true).EncodeVersion(bom, cyclonedx.SpecVersion1_6); err != nil {
		file.Close()
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return j.made(name)
}

func licensedAs(expression string) *cyclonedx.Licenses {
	return &cyclonedx.Licenses{{Expression: expression}}
}
