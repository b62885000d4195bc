// Package shrink makes pictures of pages smaller, with 256 colours each.
package shrink

import (
	"cmp"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"slices"
)

// File gives a picture of a page a palette of its most frequent colours: such pictures have few,
// but for the edges of letters.
func File(path string) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	full, err := png.Decode(in)
	if fault := in.Close(); err == nil {
		err = fault
	}
	if err != nil {
		return err
	}
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	err = encoder.Encode(out, paletted(full))
	if fault := out.Close(); err == nil {
		err = fault
	}
	return err
}

// paletted is a picture in 256 colours.
func paletted(full image.Image) *image.Paletted {
	bounds := full.Bounds()
	count := make(map[color.Color]int)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			count[full.At(x, y)]++
		}
	}
	frequent := slices.SortedFunc(maps.Keys(count), func(a, b color.Color) int {
		return cmp.Or(count[b]-count[a], cmp.Compare(bits(a), bits(b)))
	})
	palette := color.Palette(frequent[:min(len(frequent), 256)])
	nearest := make(map[color.Color]uint8, len(count))
	for c := range count {
		nearest[c] = uint8(palette.Index(c))
	}
	small := image.NewPaletted(bounds, palette)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			small.SetColorIndex(x, y, nearest[full.At(x, y)])
		}
	}
	return small
}

// bits is a colour as a number, so that the same picture always gets the same palette.
func bits(c color.Color) uint64 {
	r, g, b, a := c.RGBA()
	return uint64(r)<<48 | uint64(g)<<32 | uint64(b)<<16 | uint64(a)
}
