package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"ollama-hec/cmd/internal/version"
)

// bom is a bill of materials as CycloneDX 1.6 has it, as far as it is needed.
type bom struct {
	Format       string       `json:"bomFormat"`
	SpecVersion  string       `json:"specVersion"`
	SerialNumber string       `json:"serialNumber"`
	Version      int          `json:"version"`
	Metadata     metadata     `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type metadata struct {
	Timestamp string     `json:"timestamp"`
	Component component  `json:"component"`
	Property  []property `json:"properties"`
}

type component struct {
	Ref     string `json:"bom-ref"`
	Type    string `json:"type"`
	Name    string `json:"name"`
	Version string `json:"version"`
	PURL    string `json:"purl,omitempty"`
	Hashes  []hash `json:"hashes,omitempty"`
	// Licenses has one member: what CycloneDX allows where it is an expression.
	Licenses []licensed `json:"licenses"`
}

type licensed struct {
	Expression string `json:"expression"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type dependency struct {
	Ref       string   `json:"ref"`
	DependsOn []string `json:"dependsOn,omitempty"`
}

// bill says what the program is made of, from what Go wrote into it: the
// modules linked, not those merely required. Which of them needs which other is
// not in there, so all are the program's own.
func (r *release) bill(b *built, own terms, all map[string]terms) ([]byte, error) {
	sum := sha256.Sum256(b.program)
	program := component{
		Ref: "ollama-hec", Type: "application", Name: "ollama-hec", Version: version.Version,
		Hashes: []hash{{"SHA-256", hex.EncodeToString(sum[:])}}, Licenses: []licensed{{own.spdx}},
	}
	list := []component{module("std", strings.TrimPrefix(b.info.GoVersion, "go"), all[standard])}
	for _, m := range b.info.Deps {
		under := all[m.Path]
		if m.Replace != nil {
			m = m.Replace
		}
		list = append(list, module(m.Path, m.Version, under))
	}
	for _, c := range append(list, program) {
		if c.Licenses[0].Expression == "" {
			return nil, fmt.Errorf("%s has no licence in the bill of materials", c.Name)
		}
	}
	uses := dependency{Ref: program.Ref}
	dependencies := []dependency{{}}
	for _, c := range list {
		uses.DependsOn = append(uses.DependsOn, c.Ref)
		dependencies = append(dependencies, dependency{Ref: c.Ref})
	}
	dependencies[0] = uses
	text, err := json.MarshalIndent(bom{
		Format: "CycloneDX", SpecVersion: "1.6", SerialNumber: "urn:uuid:" + uuid(sum[:]), Version: 1,
		Metadata: metadata{
			Timestamp: r.when.Format("2006-01-02T15:04:05Z"),
			Component: program,
			Property:  []property{{"ollama-hec:commit", r.commit}, {"ollama-hec:platform", b.goos + "/" + b.goarch}},
		},
		Components: list, Dependencies: dependencies,
	}, "", "  ")
	return append(text, '\n'), err
}

func module(path, version string, under terms) component {
	purl := fmt.Sprintf("pkg:golang/%s@%s", path, strings.ReplaceAll(version, "+", "%2B"))
	return component{
		Ref: purl, Type: "library", Name: path, Version: version, PURL: purl, Licenses: []licensed{{under.spdx}},
	}
}

// uuid is a UUID (version 8) made of a sum: the same program, the same UUID.
func uuid(sum []byte) string {
	u := [16]byte(sum)
	u[6] = u[6]&0x0f | 0x80
	u[8] = u[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}
