package delivery

import (
	"errors"
	"testing"
)

func TestOnlyA2xxCountsAsSuccess(t *testing.T) {
	cases := map[uint16]Verdict{204: Accepted, 302: Failed, 400: Rejected, 401: Stopped, 500: Failed}
	for status, expected := range cases {
		if got := Judge(status, nil).Verdict; got != expected {
			t.Errorf("%d: expected %v, found %v", status, expected, got)
		}
	}
	if got := Judge(0, errors.New("connection-refused")).Verdict; got != Failed {
		t.Errorf("no answer: expected %v, found %v", Failed, got)
	}
}

func TestTheBodyHoldsTypeAndValue(t *testing.T) {
	body, err := Body([]Entry{{"URL", "https://a.example/?b&c"}})
	if err != nil || string(body) != `[{"type":"URL","value":"https://a.example/?b&c"}]` {
		t.Errorf("found %s, %v", body, err)
	}
}
