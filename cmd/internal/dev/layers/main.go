// Command layers measures the shape of a package: on how many layers its files stand,
// how many calls run back up, and which types and functions are too large. It fails if
// there is more than is allowed.
//
// A file stands above those whose functions and methods it mentions. Calls through
// interfaces and function values do not count: whoever passes them stands above.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

func main() {
	var most limits
	flag.IntVar(&most.layers, "layers", 8, "layers at most")
	flag.IntVar(&most.fields, "fields", 15, "fields of a struct at most")
	flag.IntVar(&most.lines, "lines", 50, "lines of a function at most")
	verbose := flag.Bool("v", false, "print the layers")
	flag.Parse()
	ok := true
	for _, dir := range flag.Args() {
		p, err := load(dir)
		if err != nil {
			fmt.Fprintln(os.Stderr, "layers:", err)
			os.Exit(1)
		}
		ok = p.report(os.Stdout, most, *verbose) && ok
	}
	if !ok {
		os.Exit(1)
	}
}

type limits struct{ layers, fields, lines int }

// pkg is a package, type-checked.
type pkg struct {
	dir   string
	fset  *token.FileSet
	files []*ast.File
	types *types.Package
	info  types.Info
}

// listed is what go list says of a package.
type listed struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
	DepOnly                 bool
}

func load(dir string) (*pkg, error) {
	out, err := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles,DepOnly", dir).Output()
	if err != nil {
		return nil, fmt.Errorf("go list %s: %w", dir, err)
	}
	exports := make(map[string]string)
	var own listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var l listed
		if err := dec.Decode(&l); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		exports[l.ImportPath] = l.Export
		if !l.DepOnly {
			own = l
		}
	}
	p := &pkg{dir: dir, fset: token.NewFileSet(), info: types.Info{
		Uses: make(map[*ast.Ident]types.Object), Defs: make(map[*ast.Ident]types.Object),
	}}
	for _, name := range own.GoFiles {
		f, err := parser.ParseFile(p.fset, filepath.Join(own.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		p.files = append(p.files, f)
	}
	conf := types.Config{Importer: importer.ForCompiler(p.fset, "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(exports[path])
	})}
	p.types, err = conf.Check(own.ImportPath, p.fset, p.files, &p.info)
	return p, err
}

func (p *pkg) report(w io.Writer, most limits, verbose bool) bool {
	g := p.calls()
	order := g.order()
	upward := g.upward(order)
	level, layers := g.levels(order)
	large := append(p.largeTypes(most.fields), p.largeFunctions(most.lines)...)
	fmt.Fprintf(w, "%s: %d files on %d layers, %d calls run back up, %d too large\n",
		p.dir, len(order), layers, len(upward), len(large))
	for _, each := range append(upward, large...) {
		fmt.Fprintln(w, "\t"+each)
	}
	if verbose {
		slices.SortStableFunc(order, func(a, b string) int { return level[a] - level[b] })
		for _, file := range order {
			fmt.Fprintf(w, "\t%d %s\n", level[file], file)
		}
	}
	return len(upward)+len(large) == 0 && layers <= most.layers
}

func (p *pkg) file(pos token.Pos) string { return filepath.Base(p.fset.Position(pos).Filename) }

// calls are the mentions of functions across files.
func (p *pkg) calls() graph {
	g := make(graph)
	for _, f := range p.files {
		g[p.file(f.Pos())] = make(map[string][]string)
	}
	for ident, obj := range p.info.Uses {
		f, ok := obj.(*types.Func)
		if !ok || f.Pkg() != p.types || isAbstract(f) {
			continue
		}
		from, to := p.file(ident.Pos()), p.file(f.Origin().Pos())
		if from != to {
			g[from][to] = append(g[from][to], p.fset.Position(ident.Pos()).String()+": "+f.Name()+" of "+to)
		}
	}
	return g
}

// isAbstract reports whether f is a method that an interface declares.
func isAbstract(f *types.Func) bool {
	recv := f.Signature().Recv()
	return recv != nil && types.IsInterface(recv.Type())
}

func (p *pkg) largeTypes(most int) (large []string) {
	for ident, obj := range p.info.Defs {
		if name, ok := obj.(*types.TypeName); ok {
			if s, ok := name.Type().Underlying().(*types.Struct); ok && s.NumFields() > most {
				large = append(large, fmt.Sprintf("%s: %s has %d fields", p.fset.Position(ident.Pos()), name.Name(), s.NumFields()))
			}
		}
	}
	slices.Sort(large)
	return large
}

func (p *pkg) largeFunctions(most int) (large []string) {
	for _, f := range p.files {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			first, last := p.fset.Position(fn.Pos()), p.fset.Position(fn.End())
			if n := last.Line - first.Line + 1; n > most {
				large = append(large, fmt.Sprintf("%s: %s has %d lines", first, fn.Name.Name, n))
			}
		}
	}
	return large
}
