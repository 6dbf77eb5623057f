package record

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/google/uuid"
)

// ErrMalformed is returned by UnmarshalBinary for bytes that AppendBinary
// cannot have written.
var ErrMalformed = errors.New("record: malformed binary record")

// binaryVersion is the first byte of every encoded record. It changes only if
// the framing of fields changes; new fields do not need it.
const binaryVersion = 1

// The wire types, after a field's number in its tag: tag = number<<1 | type.
const (
	wireVarint = 0 // an unsigned varint
	wireBytes  = 1 // a varint length, then so many bytes
)

// The field numbers. They are written to disk: never reuse or renumber one. A
// reader skips numbers it does not know, and a field that is missing has its
// zero value, so older and newer binaries read each other's journals.
const (
	fieldID = iota + 1
	fieldClientRequestID
	fieldStart // zig-zag microseconds since 1970
	fieldKeyID
	fieldKeyName
	fieldLabel
	fieldClientIP
	fieldMethod
	fieldPath
	fieldProtocolIn
	fieldProtocolOut
	fieldAlias
	fieldProvider
	fieldModel
	fieldServedModel
	fieldAttempts
	fieldStreamed
	fieldPassthrough
	fieldStatus
	fieldHTTPStatus
	fieldErrorKind
	fieldErrorCode
	fieldErrorMessage
	fieldFinishReason
	fieldUpstreamID
	fieldInputTokens
	fieldCacheReadTokens
	fieldCacheWriteTokens
	fieldCacheWrite1hTokens
	fieldOutputTokens
	fieldReasoningTokens
	fieldUsageSource
	fieldUsageFlags
	fieldCostNano
	fieldPriced
	fieldReportedCostNano
	fieldRequestBytes
	fieldResponseBytes
	fieldTTFT // microseconds
	fieldDuration
	fieldLossCodes
)

// AppendBinary appends the record's journal encoding to b. Fields with zero
// values are left out. Times and durations keep microseconds; a duration that
// is known but shorter is kept as one microsecond. It never fails.
func (r *Record) AppendBinary(b []byte) ([]byte, error) {
	b = append(b, binaryVersion)
	b = append(b, fieldID<<1|wireBytes, byte(len(r.ID)))
	b = append(b, r.ID[:]...)
	if !r.Start.IsZero() {
		b = append(b, fieldStart<<1|wireVarint)
		b = binary.AppendVarint(b, r.Start.UnixMicro())
	}
	b = r.appendStrings(b)
	b = r.appendNumbers(b)
	return b, nil
}

func (r *Record) appendStrings(b []byte) []byte {
	b = appendString(b, fieldClientRequestID, r.ClientRequestID)
	b = appendString(b, fieldKeyID, r.KeyID)
	b = appendString(b, fieldKeyName, r.KeyName)
	b = appendString(b, fieldLabel, r.Label)
	b = appendString(b, fieldClientIP, r.ClientIP)
	b = appendString(b, fieldMethod, r.Method)
	b = appendString(b, fieldPath, r.Path)
	b = appendString(b, fieldProtocolIn, r.ProtocolIn)
	b = appendString(b, fieldProtocolOut, r.ProtocolOut)
	b = appendString(b, fieldAlias, r.Alias)
	b = appendString(b, fieldProvider, r.Provider)
	b = appendString(b, fieldModel, r.Model)
	b = appendString(b, fieldServedModel, r.ServedModel)
	b = appendString(b, fieldErrorKind, r.ErrorKind)
	b = appendString(b, fieldErrorCode, r.ErrorCode)
	b = appendString(b, fieldErrorMessage, r.ErrorMessage)
	b = appendString(b, fieldFinishReason, r.FinishReason)
	b = appendString(b, fieldUpstreamID, r.UpstreamID)
	b = appendString(b, fieldUsageSource, r.UsageSource)
	return appendString(b, fieldLossCodes, r.LossCodes)
}

func (r *Record) appendNumbers(b []byte) []byte {
	b = appendInt(b, fieldAttempts, int64(r.Attempts))
	b = appendBool(b, fieldStreamed, r.Streamed)
	b = appendBool(b, fieldPassthrough, r.Passthrough)
	b = appendInt(b, fieldStatus, int64(r.Status))
	b = appendInt(b, fieldHTTPStatus, int64(r.HTTPStatus))
	b = appendInt(b, fieldInputTokens, r.InputTokens)
	b = appendInt(b, fieldCacheReadTokens, r.CacheReadTokens)
	b = appendInt(b, fieldCacheWriteTokens, r.CacheWriteTokens)
	b = appendInt(b, fieldCacheWrite1hTokens, r.CacheWrite1hTokens)
	b = appendInt(b, fieldOutputTokens, r.OutputTokens)
	b = appendInt(b, fieldReasoningTokens, r.ReasoningTokens)
	b = appendInt(b, fieldUsageFlags, int64(r.UsageFlags))
	b = appendInt(b, fieldCostNano, r.CostNano)
	b = appendBool(b, fieldPriced, r.Priced)
	b = appendInt(b, fieldReportedCostNano, r.ReportedCostNano)
	b = appendInt(b, fieldRequestBytes, r.RequestBytes)
	b = appendInt(b, fieldResponseBytes, r.ResponseBytes)
	b = appendInt(b, fieldTTFT, Micros(r.TTFT))
	return appendInt(b, fieldDuration, Micros(r.Duration))
}

// Micros turns a duration into the microseconds kept at rest. A known duration
// stays distinguishable from an unknown one: the least it becomes is 1.
func Micros(d time.Duration) int64 {
	if d > 0 && d < time.Microsecond {
		return 1
	}
	return d.Microseconds()
}

func appendString(b []byte, field uint64, s string) []byte {
	if s == "" {
		return b
	}
	b = binary.AppendUvarint(b, field<<1|wireBytes)
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

func appendInt(b []byte, field uint64, v int64) []byte {
	if v == 0 {
		return b
	}
	b = binary.AppendUvarint(b, field<<1|wireVarint)
	return binary.AppendVarint(b, v)
}

func appendBool(b []byte, field uint64, v bool) []byte {
	if !v {
		return b
	}
	return append(binary.AppendUvarint(b, field<<1|wireVarint), 2) // zig-zag 1
}

// UnmarshalBinary replaces the record by the one encoded in b, which it does
// not keep. It fails with ErrMalformed, and then the record is unspecified.
func (r *Record) UnmarshalBinary(b []byte) error {
	if len(b) == 0 || b[0] != binaryVersion {
		return fmt.Errorf("%w: unknown version", ErrMalformed)
	}
	*r = Record{}
	d := decoder{all: string(b), pos: 1} // one copy for all strings
	for d.pos < len(d.all) {
		if err := d.field(r); err != nil {
			return err
		}
	}
	if r.ID == uuid.Nil {
		return fmt.Errorf("%w: no id", ErrMalformed)
	}
	return nil
}

type decoder struct {
	all string
	pos int
}

// field reads one field into r.
func (d *decoder) field(r *Record) error {
	tag, err := d.uvarint()
	if err != nil {
		return err
	}
	number, value := tag>>1, uint64(0)
	if value, err = d.uvarint(); err != nil {
		return err
	}
	if tag&1 == wireVarint {
		signed := int64(value>>1) ^ -int64(value&1)
		return r.setNumber(number, signed)
	}
	if value > uint64(len(d.all)-d.pos) { //nolint:gosec // pos is inside
		return fmt.Errorf("%w: field %d runs past the end", ErrMalformed, number)
	}
	s := d.all[d.pos : d.pos+int(value)] //nolint:gosec // bounded by the line above
	d.pos += int(value)                  //nolint:gosec // likewise
	return r.setString(number, s)
}

func (d *decoder) uvarint() (uint64, error) {
	var v uint64
	for shift := 0; d.pos < len(d.all); shift += 7 {
		c := d.all[d.pos]
		d.pos++
		if shift == 63 && c > 1 {
			break
		}
		v |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return v, nil
		}
	}
	return 0, fmt.Errorf("%w: bad varint", ErrMalformed)
}

// setString stores a bytes field; unknown ones are skipped.
func (r *Record) setString(field uint64, s string) error {
	if field == fieldID {
		if len(s) != len(r.ID) {
			return fmt.Errorf("%w: id of %d bytes", ErrMalformed, len(s))
		}
		copy(r.ID[:], s)
		return nil
	}
	if p := r.stringField(field); p != nil {
		*p = s
	}
	return nil
}

func (r *Record) stringField(field uint64) *string {
	switch field {
	case fieldClientRequestID:
		return &r.ClientRequestID
	case fieldKeyID:
		return &r.KeyID
	case fieldKeyName:
		return &r.KeyName
	case fieldLabel:
		return &r.Label
	case fieldClientIP:
		return &r.ClientIP
	case fieldMethod:
		return &r.Method
	case fieldPath:
		return &r.Path
	case fieldProtocolIn:
		return &r.ProtocolIn
	case fieldProtocolOut:
		return &r.ProtocolOut
	case fieldAlias:
		return &r.Alias
	case fieldProvider:
		return &r.Provider
	case fieldModel:
		return &r.Model
	case fieldServedModel:
		return &r.ServedModel
	default:
		return r.outcomeField(field)
	}
}

func (r *Record) outcomeField(field uint64) *string {
	switch field {
	case fieldErrorKind:
		return &r.ErrorKind
	case fieldErrorCode:
		return &r.ErrorCode
	case fieldErrorMessage:
		return &r.ErrorMessage
	case fieldFinishReason:
		return &r.FinishReason
	case fieldUpstreamID:
		return &r.UpstreamID
	case fieldUsageSource:
		return &r.UsageSource
	case fieldLossCodes:
		return &r.LossCodes
	default:
		return nil
	}
}

// setNumber stores a varint field; unknown ones are skipped.
func (r *Record) setNumber(field uint64, v int64) error {
	if p := r.countField(field); p != nil {
		*p = v
		return nil
	}
	switch field {
	case fieldStart:
		r.Start = time.UnixMicro(v).UTC()
	case fieldAttempts:
		r.Attempts = int(v)
	case fieldHTTPStatus:
		r.HTTPStatus = int(v)
	case fieldStreamed:
		r.Streamed = v != 0
	case fieldPassthrough:
		r.Passthrough = v != 0
	case fieldPriced:
		r.Priced = v != 0
	case fieldStatus, fieldUsageFlags:
		if v < 0 || v > math.MaxUint8 {
			return fmt.Errorf("%w: field %d is %d", ErrMalformed, field, v)
		}
		if field == fieldStatus {
			r.Status = Status(v)
		} else {
			r.UsageFlags = uint8(v)
		}
	case fieldTTFT, fieldDuration:
		if v > math.MaxInt64/1000 || v < math.MinInt64/1000 {
			return fmt.Errorf("%w: field %d is %d", ErrMalformed, field, v)
		}
		if field == fieldTTFT {
			r.TTFT = time.Duration(v) * time.Microsecond
		} else {
			r.Duration = time.Duration(v) * time.Microsecond
		}
	}
	return nil
}

func (r *Record) countField(field uint64) *int64 {
	switch field {
	case fieldInputTokens:
		return &r.InputTokens
	case fieldCacheReadTokens:
		return &r.CacheReadTokens
	case fieldCacheWriteTokens:
		return &r.CacheWriteTokens
	case fieldCacheWrite1hTokens:
		return &r.CacheWrite1hTokens
	case fieldOutputTokens:
		return &r.OutputTokens
	case fieldReasoningTokens:
		return &r.ReasoningTokens
	case fieldCostNano:
		return &r.CostNano
	case fieldReportedCostNano:
		return &r.ReportedCostNano
	case fieldRequestBytes:
		return &r.RequestBytes
	case fieldResponseBytes:
		return &r.ResponseBytes
	default:
		return nil
	}
}
