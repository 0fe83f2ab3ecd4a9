// Package post sends one POST over `wasi:http`, from its body to the status of the answer. It carries no credential: the host
// adds it.
package post

import (
	"errors"
	"strings"

	handler "example.com/{{name}}/bindings/wasi_http_outgoing_handler"
	http "example.com/{{name}}/bindings/wasi_http_types"
	wit "go.bytecodealliance.org/pkg/wit/types"
)

// `blocking-write-and-flush` accepts at most this many bytes.
const chunk = 4096

var errRefused = errors.New("the host refused the request")

// Post sends JSON to a path of an origin and gives the status of the answer, whose body is not read.
func Post(origin, path string, body []byte) (uint16, error) {
	headers := http.FieldsFromList([]wit.Tuple2[string, []byte]{{F0: "content-type", F1: []byte("application/json")}})
	if headers.IsErr() {
		return 0, errRefused
	}
	request := http.MakeOutgoingRequest(headers.Ok())
	refused := request.SetMethod(http.MakeMethodPost()).IsErr() ||
		request.SetScheme(wit.Some(http.MakeSchemeHttps())).IsErr() ||
		request.SetAuthority(wit.Some(strings.TrimPrefix(origin, "https://"))).IsErr() ||
		request.SetPathWithQuery(wit.Some(path)).IsErr()
	outgoing := request.Body()
	if refused || outgoing.IsErr() {
		return 0, errRefused
	}
	answer := handler.Handle(request, wit.None[*http.RequestOptions]())
	if answer.IsErr() {
		return 0, failure(answer.Err())
	}
	write(outgoing.Ok(), body)
	return status(answer.Ok())
}

// Writes the body and ends it. A service may answer before it has read everything; the response shows what happened.
func write(outgoing *http.OutgoingBody, body []byte) {
	opened := outgoing.Write()
	if opened.IsErr() {
		return
	}
	stream, written := opened.Ok(), true
	for start := 0; written && start < len(body); start += chunk {
		written = stream.BlockingWriteAndFlush(body[start:min(start+chunk, len(body))]).IsOk()
	}
	// The stream is a child of the body and has to go before the body is finished.
	stream.Drop()
	if written {
		http.OutgoingBodyFinish(outgoing, wit.None[*http.Fields]())
	} else {
		outgoing.Drop()
	}
}

// Waits for the answer and gives its status.
func status(future *http.FutureIncomingResponse) (uint16, error) {
	defer future.Drop()
	answered := future.Subscribe()
	answered.Block()
	answered.Drop()
	answer := future.Get()
	if answer.IsNone() || answer.Some().IsErr() {
		return 0, errors.New("it was already taken")
	}
	result := answer.Some().Ok()
	if result.IsErr() {
		return 0, failure(result.Err())
	}
	response := result.Ok()
	defer response.Drop()
	return response.Status(), nil
}

// The names of `error-code` in `wasi:http`, in its order.
var names = []string{
	"DNS-timeout", "DNS-error", "destination-not-found", "destination-unavailable", "destination-IP-prohibited",
	"destination-IP-unroutable", "connection-refused", "connection-terminated", "connection-timeout",
	"connection-read-timeout", "connection-write-timeout", "connection-limit-reached", "TLS-protocol-error",
	"TLS-certificate-error", "TLS-alert-received", "HTTP-request-denied", "HTTP-request-length-required",
	"HTTP-request-body-size", "HTTP-request-method-invalid", "HTTP-request-URI-invalid", "HTTP-request-URI-too-long",
	"HTTP-request-header-section-size", "HTTP-request-header-size", "HTTP-request-trailer-section-size",
	"HTTP-request-trailer-size", "HTTP-response-incomplete", "HTTP-response-header-section-size",
	"HTTP-response-header-size", "HTTP-response-body-size", "HTTP-response-trailer-section-size",
	"HTTP-response-trailer-size", "HTTP-response-transfer-coding", "HTTP-response-content-coding",
	"HTTP-response-timeout", "HTTP-upgrade-failed", "HTTP-protocol-error", "loop-detected", "configuration-error",
}

func failure(code http.ErrorCode) error {
	if int(code.Tag()) < len(names) {
		return errors.New(names[code.Tag()])
	}
	return errors.New("internal-error")
}
