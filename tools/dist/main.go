// Command dist builds what a release consists of, into an empty folder: an
// archive, an SBOM, a Python wheel and an npm package for each platform, an npm
// package that chooses among them, and SHA256SUMS. The same source and the same
// version of Go give the same bytes. It publishes nothing: see docs/releasing.md.
//
//	go run ./tools/dist [--platform OS/ARCH]... FOLDER
package main

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
)

// platform is what a binary is built for, and what Python and npm call it.
type platform struct {
	os, arch string
	// wheel is the platform tag of a wheel (PEP 425, 600 and 656): the program is
	// static, so that both Linux tags are right; Go 1.26 needs macOS 12.
	wheel string
	// node has process.platform and process.arch of Node.js.
	node [2]string
}

var platforms = []platform{
	{"linux", "amd64", "manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64", [2]string{"linux", "x64"}},
	{"linux", "arm64", "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64", [2]string{"linux", "arm64"}},
	{"darwin", "amd64", "macosx_12_0_x86_64", [2]string{"darwin", "x64"}},
	{"darwin", "arm64", "macosx_12_0_arm64", [2]string{"darwin", "arm64"}},
	{"windows", "amd64", "win_amd64", [2]string{"win32", "x64"}},
	{"windows", "arm64", "win_arm64", [2]string{"win32", "arm64"}},
}

func (p platform) String() string { return p.os + "/" + p.arch }

// program is the name of the file.
func (p platform) program() string {
	if p.os == "windows" {
		return "dpconform.exe"
	}
	return "dpconform"
}

// release is what is built.
type release struct {
	// root is the folder of the source.
	root, version string
}

func main() {
	var chosen []platform
	flag.Func("platform", "build for this `OS/ARCH` alone; repeatable", func(name string) error {
		index := slices.IndexFunc(platforms, func(one platform) bool { return one.String() == name })
		if index < 0 {
			return fmt.Errorf("the platforms are %v", platforms)
		}
		chosen = append(chosen, platforms[index])
		return nil
	})
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: dist [--platform OS/ARCH]... FOLDER")
	}
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	if chosen == nil {
		chosen = platforms
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	made, err := newRelease(".")
	if err == nil {
		err = made.build(ctx, chosen, flag.Arg(0))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		os.Exit(1)
	}
}

var versionLine = regexp.MustCompile(`(?m)^const version = "([^"]+)"$`)

func newRelease(root string) (release, error) {
	file := filepath.Join(root, "internal/cli/main.go")
	content, err := os.ReadFile(file)
	if err != nil {
		return release{}, err
	}
	found := versionLine.FindSubmatch(content)
	if found == nil {
		return release{}, fmt.Errorf("%s has no version", file)
	}
	return release{root, string(found[1])}, nil
}

// build writes all files of the platforms into a folder, which is made.
func (r release) build(ctx context.Context, chosen []platform, folder string) error {
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "dpconform-dist-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	for _, one := range chosen {
		program := filepath.Join(work, one.os+"-"+one.arch)
		if err := r.compile(ctx, one, program); err != nil {
			return fmt.Errorf("%s: %w", one, err)
		}
		if err := r.pack(one, program, folder); err != nil {
			return fmt.Errorf("%s: %w", one, err)
		}
		fmt.Println("  built", one)
	}
	if err := r.packChooser(folder); err != nil {
		return err
	}
	return writeSums(folder)
}

// compile builds the program so that neither the folder, the machine nor the
// environment of who builds it leaves a trace.
func (r release) compile(ctx context.Context, to platform, program string) error {
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", program, "./cmd/dpconform")
	command.Dir = r.root
	command.Env = append(os.Environ(), "GOOS="+to.os, "GOARCH="+to.arch, "CGO_ENABLED=0", "GOFLAGS=", "GOEXPERIMENT=", "GOAMD64=v1", "GOARM64=v8.0", "GOWORK=off")
	if printed, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, printed)
	}
	return nil
}

// pack writes the archive, the SBOM, the wheel and the npm package of a platform.
func (r release) pack(of platform, program, folder string) error {
	binary, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("dpconform_%s_%s_%s", r.version, of.os, of.arch)
	files := []file{{path: name + "/" + of.program(), content: binary, executable: true}}
	for _, one := range []string{"LICENSE", "CHANGELOG.md"} {
		content, err := os.ReadFile(filepath.Join(r.root, one))
		if err != nil {
			return err
		}
		files = append(files, file{path: name + "/" + one, content: content})
	}
	archive, err := tarGzip(files)
	ending := ".tar.gz"
	if of.os == "windows" {
		archive, err = zipped(files)
		ending = ".zip"
	}
	if err != nil {
		return err
	}
	bill, err := r.bill(program, binary)
	if err != nil {
		return err
	}
	wheelName, wheel, err := r.wheel(of, binary)
	if err != nil {
		return err
	}
	packageName, packed, err := r.npmPlatform(of, binary)
	if err != nil {
		return err
	}
	for file, content := range map[string][]byte{name + ending: archive, name + ".cdx.json": bill, wheelName: wheel, packageName: packed} {
		if err := os.WriteFile(filepath.Join(folder, file), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// writeSums writes SHA256SUMS, as sha256sum --check reads it.
func writeSums(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	var sums strings.Builder
	for _, one := range entries {
		content, err := os.ReadFile(filepath.Join(folder, one.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(content), one.Name())
	}
	return os.WriteFile(filepath.Join(folder, "SHA256SUMS"), []byte(sums.String()), 0o644)
}
