package tokens

import (
	"bytes"
	"io"
	"strconv"
)

const (
	// maxPDF is how much of a PDF is searched for pages, in bytes. A longer
	// one is taken to go on as it began.
	maxPDF = 16 << 20
	// pdfBlock is how much of it is in memory at once, in bytes.
	pdfBlock = 32 << 10
	// pdfOverlap is the longest thing that is looked for, in bytes.
	pdfOverlap = 64
	// bytesPerPage is taken for PDFs that hide their pages in compressed objects.
	bytesPerPage = 50_000
	// maxPages bounds what a document may claim.
	maxPages = 10_000
)

// pdfPages estimates the number of pages of a PDF in base64: its page objects,
// or, where those are compressed, the greatest number of pages it states in the
// clear, or else what its length suggests.
// Source: ISO 32000-1, 7.7.3 (page tree), Annex F (linearized PDF).
func pdfPages(data string) int64 {
	r := io.LimitReader(decode(data), maxPDF)
	buf := make([]byte, pdfBlock+pdfOverlap)
	var pages, stated int64
	kept := 0
	for {
		n, err := io.ReadFull(r, buf[kept:])
		window := buf[:kept+n]
		// What begins in the overlap is found with the next block.
		body := max(0, len(window)-pdfOverlap)
		if err != nil {
			body = len(window)
		}
		pages += countPages(window, body)
		stated = max(stated, statedPages(window, body))
		if err != nil {
			break
		}
		kept = copy(buf, window[body:])
	}
	size := decodedLen(data)
	switch {
	case pages > 0 && size > maxPDF:
		pages = pages * (size >> 10) / (maxPDF >> 10)
	case pages == 0 && stated > 0:
		pages = stated
	case pages == 0:
		pages = (size + bytesPerPage - 1) / bytesPerPage
	}
	return min(max(pages, 1), maxPages)
}

// countPages counts the page objects that begin in the first body bytes.
func countPages(window []byte, body int) int64 {
	var n int64
	for i := 0; ; {
		at := bytes.Index(window[i:], []byte("/Type"))
		if at < 0 || i+at >= body {
			return n
		}
		i += at + len("/Type")
		name := bytes.TrimLeft(window[i:min(len(window), i+16)], " \r\n\t")
		rest, ok := bytes.CutPrefix(name, []byte("/Page"))
		if ok && (len(rest) == 0 || !isLetter(rest[0])) {
			n++
		}
	}
}

// statedPages returns the greatest /Count (page tree) or /N after /Linearized
// that begins in the first body bytes.
func statedPages(window []byte, body int) int64 {
	best := max(numberAfter(window, body, "/Count "), 0)
	if at := bytes.Index(window, []byte("/Linearized")); at >= 0 && at < body {
		tail := window[at:]
		best = max(best, numberAfter(tail, len(tail), "/N "))
	}
	return best
}

func numberAfter(window []byte, body int, key string) int64 {
	var best int64
	for i := 0; ; {
		at := bytes.Index(window[i:], []byte(key))
		if at < 0 || i+at >= body {
			return best
		}
		i += at + len(key)
		end := i
		for end < len(window) && end < i+6 && window[end] >= '0' && window[end] <= '9' {
			end++
		}
		if n, err := strconv.ParseInt(string(window[i:end]), 10, 64); err == nil {
			best = max(best, n)
		}
	}
}
