package tokens

import "math"

// An imageRule says what a picture costs.
type imageRule interface {
	// tokens of a picture of w by h pixels, both at least 1, seen in a detail
	// ("low", "high", "original", "auto" or "").
	tokens(w, h int64, detail string) int64
}

// unknownSide is the width and height that is assumed of a picture whose size
// cannot be seen, in pixels.
const unknownSide = 1024

// noBudget stands for no bound on the number of patches.
const noBudget = math.MaxInt32

// flat pictures all cost the same.
type flat int64

func (f flat) tokens(int64, int64, string) int64 { return int64(f) }

// tiles is OpenAI's rule of tiles: the picture is shrunk into 2048 by 2048
// pixels, then to a short side of 768, and covered with squares of 512; a
// picture in low detail costs the base only.
type tiles struct{ base, tile int64 }

func (t tiles) tokens(w, h int64, detail string) int64 {
	if detail == "low" {
		return t.base
	}
	x, y := float64(w), float64(h)
	shrink := min(1, 2048/max(x, y))
	x, y = x*shrink, y*shrink
	shrink = min(1, 768/min(x, y))
	return t.base + t.tile*cover(x*shrink, 512)*cover(y*shrink, 512)
}

// patches is OpenAI's rule of patches of 32 by 32 pixels, each of which costs
// a part of a token more or less than one. A picture that needs more patches
// than the budget is shrunk. Low detail changes nothing.
type patches struct {
	permille int64 // of a token, for one patch
	budget   int64
	original int64 // budget at the picture's own size; 0 where that cannot be asked for
	auto     bool  // the picture's own size is the default
}

func (p patches) tokens(w, h int64, detail string) int64 {
	budget := p.budget
	if p.original > 0 && (detail == "original" || p.auto && (detail == "auto" || detail == "")) {
		budget = p.original
	}
	const side = 32
	x, y := float64(w), float64(h)
	if n := cover(x, side) * cover(y, side); n > budget {
		shrink := math.Sqrt(side * side * float64(budget) / (x * y))
		// The side that fits worse becomes a whole number of patches.
		px, py := x*shrink/side, y*shrink/side
		shrink *= min(math.Max(1, math.Floor(px))/px, math.Max(1, math.Floor(py))/py)
		x, y = x*shrink, y*shrink
	}
	n := min(cover(x, side)*cover(y, side), budget)
	return (n*p.permille + 999) / 1000
}

// grid is Anthropic's rule, also of other families: a patch costs one token,
// about the width times the height by 750. A picture with a longer edge or
// more patches than allowed is shrunk.
type grid struct {
	patch  int64 // pixels
	edge   int64 // pixels
	budget int64 // patches
}

func (g grid) tokens(w, h int64, _ string) int64 {
	x, y, side := float64(w), float64(h), float64(g.patch)
	patches := func(shrink float64) int64 { return cover(x*shrink, side) * cover(y*shrink, side) }
	most := min(1, float64(g.edge)/max(x, y))
	if n := patches(most); n <= g.budget {
		return n
	}
	// The largest scale that fits, by bisection.
	least := 0.0
	for range 40 {
		if middle := (least + most) / 2; patches(middle) <= g.budget {
			least = middle
		} else {
			most = middle
		}
	}
	return patches(least)
}

// crops is Google's rule up to Gemini 2.5: 258 tokens for a small picture, and
// for each square of 768 by 768 pixels that a larger one needs.
type crops struct{}

func (crops) tokens(w, h int64, _ string) int64 {
	const small, square, cost = 384, 768, 258
	if w <= small && h <= small {
		return cost
	}
	return cost * cover(float64(w), square) * cover(float64(h), square)
}

// cover returns how many pieces of a size cover a length. Rounding errors of a
// millionth do not make one more.
func cover(length, size float64) int64 {
	return max(1, int64(math.Ceil(length/size-1e-6)))
}
