// Package tests runs the packed bundle as an operator does: `palisade run` against a service on this machine. If `palisade` is
// not on the path, set the variable PALISADE to its path.
package tests

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

const (
	host = "service.test"
	key  = "a-key-for-tests"
	zip  = "../build/{{name}}.zip"
)

type entry struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

// One request as the service got it.
type received struct {
	path, authorization string
	body                []entry
}

// A service on this machine that answers everything with one status.
type service struct {
	directory string
	port      int
	lock      sync.Mutex
	received  []received
}

func start(t *testing.T, status int) *service {
	t.Helper()
	started := &service{directory: t.TempDir()}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		text, _ := io.ReadAll(request.Body)
		one := received{path: request.URL.Path, authorization: request.Header.Get("Authorization")}
		if err := json.Unmarshal(text, &one.body); err != nil {
			t.Errorf("not JSON: %s", text)
		}
		started.lock.Lock()
		started.received = append(started.received, one)
		started.lock.Unlock()
		response.WriteHeader(status)
	}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate(t, started.path("certificate.pem"))}}
	server.StartTLS()
	t.Cleanup(server.Close)
	started.port = server.Listener.Addr().(*net.TCPAddr).Port
	return started
}

// Makes a certificate for the service and writes it to a file.
func certificate(t *testing.T, path string) tls.Certificate {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
		DNSNames:     []string{host},
	}
	made, err := x509.CreateCertificate(rand.Reader, &template, &template, &private.PublicKey, private)
	must(t, err)
	must(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: made}), 0o600))
	return tls.Certificate{Certificate: [][]byte{made}, PrivateKey: private}
}

func (s *service) path(name string) string {
	return filepath.Join(s.directory, name)
}

// Runs the bundle on a collection and gives the verdicts in its order.
func (s *service) run(t *testing.T, collection string, arguments ...string) []string {
	t.Helper()
	if _, err := os.Stat(zip); err != nil {
		t.Fatalf("`%s` is missing: build and pack first", zip)
	}
	configuration := "service: https://" + host + "\napi_key: { env: TEST_KEY }\n"
	must(t, os.WriteFile(s.path("collection.txt"), []byte(collection), 0o600))
	must(t, os.WriteFile(s.path("configuration.yaml"), []byte(configuration), 0o600))
	program := os.Getenv("PALISADE")
	if program == "" {
		program = "palisade"
	}
	words := []string{"run", "--bundle", zip, "--action", "send", "--allow-unsigned", "--deadline", "60"}
	words = append(words, "--config", s.path("configuration.yaml"), "--collection", s.path("collection.txt"))
	words = append(words, "--report", s.path("report.json"), "--ca-cert", s.path("certificate.pem"))
	words = append(words, "--connect-to", host+":443:127.0.0.1:"+strconv.Itoa(s.port))
	command := exec.Command(program, append(words, arguments...)...)
	command.Env = append(os.Environ(), "TEST_KEY="+key)
	// The exit status shows that objects were rejected, and the report shows which.
	said, _ := command.CombinedOutput()
	text, err := os.ReadFile(s.path("report.json"))
	if err != nil {
		t.Fatalf("no report: %s", said)
	}
	var report struct {
		Objects []struct {
			Verdict string `json:"verdict"`
		} `json:"objects"`
	}
	must(t, json.Unmarshal(text, &report))
	var verdicts []string
	for _, one := range report.Objects {
		verdicts = append(verdicts, one.Verdict)
	}
	return verdicts
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestEachObjectArrivesAndHasOneVerdict(t *testing.T) {
	service := start(t, 200)
	verdicts := service.run(t, "malware.example\n198.51.100.23\nsomebody@example.com\n")
	if !slices.Equal(verdicts, []string{"accepted", "accepted", "skipped"}) {
		t.Errorf("found %v", verdicts)
	}
	body := []entry{{"FQDN", "malware.example"}, {"IP Address", "198.51.100.23"}}
	expected := []received{{"/objects", "Bearer " + key, body}}
	if !reflect.DeepEqual(service.received, expected) {
		t.Errorf("expected %v, found %v", expected, service.received)
	}
}

func TestWhatTheServiceRefusesIsNotAccepted(t *testing.T) {
	verdicts := start(t, 400).run(t, "malware.example\n")
	if !slices.Equal(verdicts, []string{"rejected"}) {
		t.Errorf("found %v", verdicts)
	}
}

func TestADryRunSendsNothing(t *testing.T) {
	service := start(t, 200)
	verdicts := service.run(t, "malware.example\n", "--dry-run")
	if !slices.Equal(verdicts, []string{"planned"}) || len(service.received) != 0 {
		t.Errorf("found %v, received %v", verdicts, service.received)
	}
}
