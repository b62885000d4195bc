package shrink

import (
	"image"
	"image/color"
	"testing"
)

// A picture of few colours loses nothing; of many, each becomes one near it.
func TestPaletted(t *testing.T) {
	full := image.NewRGBA(image.Rect(0, 0, 40, 40))
	for i := range 1600 {
		full.Set(i%40, i/40, color.RGBA{uint8(i % 40), uint8(i / 40), 200, 255})
	}
	small := paletted(full)
	if len(small.Palette) != 256 {
		t.Errorf("%d colours", len(small.Palette))
	}
	few := full.SubImage(image.Rect(0, 0, 10, 10)).(*image.RGBA)
	same := paletted(few)
	for x := range 10 {
		for y := range 10 {
			if r, g, b, _ := same.At(x, y).RGBA(); r>>8 != uint32(x) || g>>8 != uint32(y) || b>>8 != 200 {
				t.Fatalf("%d, %d is %v", x, y, same.At(x, y))
			}
		}
	}
}
