package tokens

import (
	"bufio"
	"encoding/binary"
	"io"
	"strings"
)

const (
	// compressedRate is taken for formats that are not looked into: 128 kbit/s,
	// in bytes a second.
	compressedRate = 16_000
	// pcmRate is that of bare samples of 16 bit at 24 kHz, in bytes a second.
	pcmRate = 48_000
	// maxSeconds bounds what a header may claim: a day.
	maxSeconds = 86_400
)

// audioSeconds estimates how long a sound in base64 lasts, from the header of a
// WAV or MP3 file, else from its length.
func audioSeconds(data, mime string) float64 {
	size := decodedLen(data)
	r := bufio.NewReader(io.LimitReader(decode(data), maxHeader))
	head, err := r.Peek(12)
	var seconds float64
	if err == nil {
		switch {
		case string(head[:4]) == "RIFF" && string(head[8:]) == "WAVE":
			seconds = wavSeconds(r, size)
		case string(head[:3]) == "ID3" || head[0] == 0xff && head[1]&0xe0 == 0xe0:
			seconds = mp3Seconds(r, size)
		}
	}
	if seconds <= 0 {
		seconds = float64(size) / bareRate(mime)
	}
	return min(seconds, maxSeconds)
}

func bareRate(mime string) float64 {
	if strings.Contains(mime, "pcm") || strings.Contains(mime, "L16") {
		return pcmRate
	}
	return compressedRate
}

// wavSeconds divides the length by the byte rate in the fmt chunk. The length
// in the header is not asked: streamed files lie about it.
// Source: Microsoft "Multimedia Programming Interface and Data Specifications 1.0".
func wavSeconds(r *bufio.Reader, size int64) float64 {
	offset, err := r.Discard(12)
	if err != nil {
		return 0
	}
	var rate uint32
	for range 16 { // chunks in front of the samples
		head, err := r.Peek(8)
		if err != nil {
			return 0
		}
		id, length := string(head[:4]), binary.LittleEndian.Uint32(head[4:])
		if id == "data" {
			break
		}
		if id == "fmt " {
			if head, err = r.Peek(20); err != nil {
				return 0
			}
			rate = binary.LittleEndian.Uint32(head[16:])
		}
		if length > maxHeader {
			return 0
		}
		n, err := r.Discard(8 + int(length+length&1))
		if err != nil {
			return 0
		}
		offset += n
	}
	if rate == 0 {
		return 0
	}
	return float64(size-int64(offset)-8) / float64(rate)
}

// Bit rates of MPEG audio layer III in kbit/s, by the index in a frame header.
// Source: ISO 11172-3 2.4.2.3 and ISO 13818-3.
var (
	mp3Rates  = [16]int64{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0}
	mp3Rates2 = [16]int64{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0}
)

// mp3Seconds takes the first frame's bit rate for all, or the number of frames
// where the encoder noted it (a variable bit rate).
func mp3Seconds(r *bufio.Reader, size int64) float64 {
	head, err := r.Peek(10)
	if err != nil {
		return 0
	}
	if string(head[:3]) == "ID3" {
		tag := int64(head[6]&0x7f)<<21 | int64(head[7]&0x7f)<<14 | int64(head[8]&0x7f)<<7 | int64(head[9]&0x7f)
		if tag > maxHeader {
			return 0
		}
		if _, err := r.Discard(int(tag) + 10); err != nil {
			return 0
		}
		size -= tag + 10
	}
	frame, err := r.Peek(4)
	if err != nil || frame[0] != 0xff || frame[1]&0xe0 != 0xe0 {
		return 0
	}
	second := frame[1]&0x08 == 0 // MPEG 2 or 2.5
	if seconds := xingSeconds(r, second, frame[1]&0x10 == 0, frame[2]>>2&3); seconds > 0 {
		return seconds
	}
	rate := mp3Rates[frame[2]>>4]
	if second {
		rate = mp3Rates2[frame[2]>>4]
	}
	if rate == 0 {
		return 0
	}
	return float64(size) / float64(rate*125)
}

// xingSeconds reads the number of frames from the header that encoders of
// variable bit rates put into the first frame.
func xingSeconds(r *bufio.Reader, second, half bool, index byte) float64 {
	frame, err := r.Peek(48)
	if err != nil || index == 3 {
		return 0
	}
	rate, samples := [3]float64{44100, 48000, 32000}[index], 1152.0
	if second {
		rate, samples = rate/2, 576
		if half {
			rate /= 2
		}
	}
	for at := 13; at <= 36; at++ {
		id := string(frame[at : at+4])
		if (id == "Xing" || id == "Info") && frame[at+7]&1 != 0 && at+12 <= len(frame) {
			return float64(binary.BigEndian.Uint32(frame[at+8:])) * samples / rate
		}
	}
	return 0
}
