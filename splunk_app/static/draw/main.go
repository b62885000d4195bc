// Command draw draws the add-on's icons: a log page with three streams leaving it.
//
// It writes appIcon.png, appIcon_2x.png, appIconAlt.png and appIconAlt_2x.png
// into the folder it is given; the same bytes every time.
package main

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: draw FOLDER")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "draw:", err)
		os.Exit(1)
	}
}

// files are the icons that Splunk looks for: for light and for dark backgrounds.
var files = map[string]struct {
	size int
	page color.NRGBA
}{
	"appIcon.png":       {36, dark},
	"appIcon_2x.png":    {72, dark},
	"appIconAlt.png":    {36, light},
	"appIconAlt_2x.png": {72, light},
}

var (
	dark    = color.NRGBA{0x2b, 0x30, 0x3a, 0xff}
	light   = color.NRGBA{0xf2, 0xf4, 0xf8, 0xff}
	streams = [3]color.NRGBA{{0x1f, 0x9d, 0x8a, 0xff}, {0xe0, 0x8a, 0x1e, 0xff}, {0xc2, 0x3b, 0x5a, 0xff}}
)

func run(folder string) error {
	for name, f := range files {
		file, err := os.Create(filepath.Join(folder, name))
		if err != nil {
			return err
		}
		if err := png.Encode(file, icon(f.size, f.page)); err != nil {
			return fmt.Errorf("encode %s: %w", name, err)
		}
		if err := file.Close(); err != nil {
			return err
		}
	}
	return nil
}

// icon is drawn four times as large and then averaged, for smooth edges.
func icon(size int, page color.NRGBA) image.Image {
	const fine = 4
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			var r, g, b, a int
			for i := range fine * fine {
				u := (float64(x) + (float64(i%fine)+0.5)/fine) / float64(size)
				v := (float64(y) + (float64(i/fine)+0.5)/fine) / float64(size)
				c := at(u, v, page)
				r, g, b, a = r+int(c.R)*int(c.A), g+int(c.G)*int(c.A), b+int(c.B)*int(c.A), a+int(c.A)
			}
			if a > 0 {
				img.SetNRGBA(x, y, color.NRGBA{uint8(r / a), uint8(g / a), uint8(b / a), uint8(a / (fine * fine))})
			}
		}
	}
	return img
}

// at is the colour of a point of the unit square.
func at(u, v float64, page color.NRGBA) color.NRGBA {
	for i, c := range streams {
		middle := 0.30 + 0.20*float64(i)
		bar := v > middle-0.055 && v < middle+0.055 && u > 0.30 && u < 0.82
		head := u >= 0.80 && u < 0.80+0.12*(1-abs(v-middle)/0.10) && abs(v-middle) < 0.10
		if bar || head {
			return c
		}
	}
	if u > 0.14 && u < 0.62 && v > 0.08 && v < 0.92 && !(u > 0.48 && v < 0.22 && u-0.48 > v-0.08) {
		return page
	}
	return color.NRGBA{}
}

func abs(f float64) float64 {
	if f < 0 {
		return -f
	}
	return f
}
