// Package export_palisade_action_action is the world's export `action`: pages in, requests out, one outcome for each object. In a
// dry run nothing is sent. The package's path and name are those that `wit-bindgen` expects.
package export_palisade_action_action

import (
	"fmt"

	"example.com/{{name}}/bindings/palisade_action_action"
	"example.com/{{name}}/bindings/palisade_action_circumstances"
	"example.com/{{name}}/bindings/palisade_action_collection"
	. "example.com/{{name}}/bindings/palisade_action_model"
	"example.com/{{name}}/bindings/palisade_action_results"
	"example.com/{{name}}/delivery"
	"example.com/{{name}}/post"
	wit "go.bytecodealliance.org/pkg/wit/types"
)

// Objects in one request.
const page = 100

type (
	runError = palisade_action_action.RunError
	result   = wit.Result[wit.Unit, runError]
)

// Run works through the collection.
func Run(action string, configuration []Attribute) result {
	if action != "send" {
		return wit.Err[wit.Unit](palisade_action_action.MakeRunErrorUnknownAction(action))
	}
	service, found := text(configuration, "service")
	if !found {
		problem := Reason{Code: "missing-parameter", Message: "the parameter `service` is missing"}
		return wit.Err[wit.Unit](palisade_action_action.MakeRunErrorInvalidConfiguration([]Reason{problem}))
	}
	for {
		offered := palisade_action_collection.Next(page)
		if len(offered) == 0 {
			return wit.Ok[wit.Unit, runError](wit.Unit{})
		}
		var taken []Offered
		var skipped []Outcome
		for _, one := range offered {
			if delivery.Accepts(one.Object.Subtype) {
				taken = append(taken, one)
			} else {
				skipped = append(skipped, skip(one))
			}
		}
		palisade_action_results.Record(skipped)
		if palisade_action_circumstances.DryRun() {
			record(taken, MakeVerdictPlanned(), wit.None[uint16](), 0)
		} else if len(taken) > 0 {
			if stop := send(taken, service); stop != nil {
				return wit.Err[wit.Unit](palisade_action_action.MakeRunErrorStopped(*stop))
			}
		}
	}
}

// Sends the objects and reports their outcomes; returns a stop if the run has to end.
func send(objects []Offered, service string) *palisade_action_action.Stop {
	entries := make([]delivery.Entry, len(objects))
	for i, one := range objects {
		entries[i] = delivery.Entry{Type: one.Object.Subtype, Value: one.Object.Value}
	}
	body, failure := delivery.Body(entries)
	var status uint16
	if failure == nil {
		status, failure = post.Post(service, "/objects", body)
	}
	judged := delivery.Judge(status, failure)
	problem := Reason{Code: judged.Code, Message: judged.Message}
	answered := wit.None[uint16]()
	if failure == nil {
		answered = wit.Some(status)
	}
	switch judged.Verdict {
	case delivery.Accepted:
		record(objects, MakeVerdictAccepted(), answered, 1)
	case delivery.Rejected:
		record(objects, MakeVerdictRejected(problem), answered, 1)
	case delivery.Stopped:
		return &palisade_action_action.Stop{Problem: problem, Hint: wit.Some("check the API Key")}
	default:
		record(objects, MakeVerdictFailed(problem), answered, 1)
	}
	return nil
}

// Reports one verdict for all of these objects, with what was or would have been submitted for each.
func record(objects []Offered, verdict Verdict, status wit.Option[uint16], attempts uint32) {
	outcomes := make([]Outcome, len(objects))
	for i, one := range objects {
		submission := Submission{
			Field: one.Object.Subtype, Value: one.Object.Value, Status: status, Attempts: attempts,
		}
		outcomes[i] = Outcome{Key: one.Key, Verdict: verdict, Submissions: []Submission{submission}}
	}
	palisade_action_results.Record(outcomes)
}

// The outcome of an object that the service does not accept.
func skip(one Offered) Outcome {
	message := fmt.Sprintf("the service does not accept objects of type `%s`", one.Object.Subtype)
	return Outcome{Key: one.Key, Verdict: MakeVerdictSkipped(Reason{Code: "type-not-accepted", Message: message})}
}

// The text of a parameter.
func text(configuration []Attribute, name string) (string, bool) {
	for _, parameter := range configuration {
		if parameter.Name == name && parameter.Value.Tag() == ValueText {
			return parameter.Value.Text(), true
		}
	}
	return "", false
}
