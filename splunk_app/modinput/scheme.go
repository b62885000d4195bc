package modinput

import (
	"encoding/xml"
	"fmt"
	"io"
)

// Scheme describes a modular input to splunkd: the answer to --scheme.
type Scheme struct {
	// Name is the executable's name and the prefix of its stanzas, name://input.
	// It is not part of the answer.
	Name        string
	Title       string
	Description string
	Arguments   []Argument
}

// Argument is one key of the input's stanzas. All are strings and none is
// required: what an empty one means is said in its description.
type Argument struct {
	Name        string
	Title       string
	Description string
}

// Write writes the scheme with every element splunkd knows, since what a missing
// one stands for differs between releases: events come as XML, arguments are
// checked by --validate-arguments, and each stanza has a process of its own.
func (s Scheme) Write(w io.Writer) error {
	type arg struct {
		Name             string `xml:"name,attr"`
		Title            string `xml:"title"`
		Description      string `xml:"description"`
		DataType         string `xml:"data_type"`
		RequiredOnEdit   bool   `xml:"required_on_edit"`
		RequiredOnCreate bool   `xml:"required_on_create"`
	}
	scheme := struct {
		XMLName        xml.Name `xml:"scheme"`
		Title          string   `xml:"title"`
		Description    string   `xml:"description"`
		Validation     bool     `xml:"use_external_validation"`
		SingleInstance bool     `xml:"use_single_instance"`
		StreamingMode  string   `xml:"streaming_mode"`
		Args           []arg    `xml:"endpoint>args>arg"`
	}{
		Title:         s.Title,
		Description:   s.Description,
		Validation:    true,
		StreamingMode: "xml",
	}
	for _, a := range s.Arguments {
		scheme.Args = append(scheme.Args, arg{Name: a.Name, Title: a.Title, Description: a.Description, DataType: "string"})
	}
	text, err := xml.MarshalIndent(scheme, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the scheme: %w", err)
	}
	if _, err := w.Write(append(text, '\n')); err != nil {
		return fmt.Errorf("write the scheme: %w", err)
	}
	return nil
}

// WriteError answers --validate-arguments: splunkd shows the text of reason to
// the user. The process must then exit with [ExitFailed]. A valid item is
// answered by silence and [ExitDone].
func WriteError(w io.Writer, reason error) error {
	text, err := xml.Marshal(struct {
		XMLName xml.Name `xml:"error"`
		Message string   `xml:"message"`
	}{Message: reason.Error()})
	if err != nil {
		return fmt.Errorf("encode the validation error: %w", err)
	}
	if _, err := w.Write(append(text, '\n')); err != nil {
		return fmt.Errorf("write the validation error: %w", err)
	}
	return nil
}
