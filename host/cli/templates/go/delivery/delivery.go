// Package delivery decides what is sent and what an answer means. Pure, so that it is tested without WebAssembly.
//
// An answer that is not understood never counts as accepted.
package delivery

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// The types of objects that the service accepts; the manifest's `accepts` lists the same types.
var acceptedTypes = []string{"FQDN", "IP Address", "URL"}

// Verdict is what an answer means for every object of its request.
type Verdict int

const (
	// Failed: it is not known whether the service has them.
	Failed Verdict = iota
	// Accepted: the service has them.
	Accepted
	// Rejected: the service refuses them, and would again.
	Rejected
	// Stopped: nothing more can be done.
	Stopped
)

// Judgement is a verdict with its reason. Codes are stable; messages are for people. Both are empty for Accepted.
type Judgement struct {
	Verdict Verdict
	Code    string
	Message string
}

// Entry is one object of a request.
type Entry struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

// Accepts reports whether the service accepts objects of this type.
func Accepts(subtype string) bool {
	return slices.Contains(acceptedTypes, subtype)
}

// Body is the JSON of one request.
func Body(entries []Entry) ([]byte, error) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	// A value is sent as it is: without this, `&` becomes `\u0026`.
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(entries); err != nil {
		return nil, err
	}
	return bytes.TrimRight(body.Bytes(), "\n"), nil
}

// Judge returns what an answer means, by its HTTP status; failure has the reason if there was none.
func Judge(status uint16, failure error) Judgement {
	if failure != nil {
		return Judgement{Failed, "no-answer", fmt.Sprintf("the service gave no answer: %v", failure)}
	}
	message := fmt.Sprintf("the service answered with status %d", status)
	switch {
	case status >= 200 && status <= 299:
		return Judgement{Verdict: Accepted}
	case status == 401 || status == 403:
		return Judgement{Stopped, "credential-refused", message}
	case status == 408 || status == 425 || status == 429 || status < 400 || status > 499:
		return Judgement{Failed, "service-error", message}
	default:
		return Judgement{Rejected, "service-refused", message}
	}
}
