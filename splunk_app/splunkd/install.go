package splunkd

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// Plan lists what is to be installed. Macros come before the searches that use them.
type Plan struct {
	App      string // where; it exists already
	Entities []Entity
	// ACL is set on new entities. Existing ones are only ever shared more widely.
	ACL ACL
	// Enable also enables the saved searches. Without it a new one is as its values say,
	// and an existing one stays as it is.
	Enable bool
	// DryRun makes no change, only the list of changes.
	DryRun bool
}

// Entity is one macro or saved search.
type Entity struct {
	Kind   Kind
	Name   string
	Values url.Values // without the name
	// KeepIfExists leaves an entity alone once it exists: it is the site's own, as
	// filter macros are.
	KeepIfExists bool
	// Shipped are values of ours: an entity that has them is not the site's own yet,
	// whatever KeepIfExists says.
	Shipped url.Values
	// Keep names values that are the site's own once the entity exists. Of
	// a saved search "disabled" always is.
	Keep []string
}

// Action is what Install or Uninstall did to an entity, or would do.
type Action string

// The actions.
const (
	Created   Action = "created"
	Updated   Action = "updated"
	Unchanged Action = "unchanged"
	Kept      Action = "kept" // as the site has it; see Note
	Removed   Action = "removed"
	Absent    Action = "absent" // and so not removed
)

// Change is what was done to one entity.
type Change struct {
	Kind   Kind
	Name   string
	Action Action
	Values []ValueChange // of Updated, by key
	Note   string
}

// ValueChange is one value that was changed.
type ValueChange struct{ Key, Old, New string }

// String is one line for people.
func (c Change) String() string {
	text := fmt.Sprintf("%s %s: %s", c.Kind, c.Name, c.Action)
	if len(c.Values) > 0 {
		keys := make([]string, len(c.Values))
		for i, v := range c.Values {
			keys[i] = v.Key
			if v.Key == "disabled" && !truth(v.New) {
				keys[i] = "enabled"
			}
		}
		text += ": " + strings.Join(keys, ", ")
	}
	if c.Note != "" {
		text += " (" + c.Note + ")"
	}
	return text
}

// Install carries out p: it creates entities that are missing and sets values that differ.
// It may be repeated: a second run changes nothing.
//
// Values that p does not name stay as the site has set them, such as mail
// actions. Entities of the same name in other apps are neither touched nor taken
// for ours. On an error it returns what was done before it.
func Install(ctx context.Context, c *Client, p Plan) ([]Change, error) {
	if err := c.CheckApp(ctx, p.App); err != nil {
		return nil, err
	}
	var changes []Change
	for _, e := range p.Entities {
		change, err := p.install(ctx, c, e)
		if err != nil {
			return changes, fmt.Errorf("install %s %s: %w", e.Kind, e.Name, err)
		}
		changes = append(changes, change)
	}
	return changes, nil
}

func (p *Plan) install(ctx context.Context, c *Client, e Entity) (Change, error) {
	there, err := c.find(ctx, p.App, e)
	if err != nil {
		return Change{}, err
	}
	change := Change{Kind: e.Kind, Name: e.Name}
	if there == nil {
		change.Action = Created
		return change, p.create(ctx, c, e)
	}
	change.Values = p.differences(e, there)
	widen := rank(there.ACL.Sharing) < rank(p.ACL.Sharing)
	switch {
	case len(change.Values) > 0 || widen:
		change.Action = Updated
	case e.KeepIfExists && !e.ours(there):
		change.Action, change.Note = Kept, "this site's own"
	default:
		change.Action = Unchanged
	}
	if widen {
		change.Note = "now shared: " + p.ACL.Sharing
	}
	if p.DryRun {
		return change, nil
	}
	if len(change.Values) > 0 {
		form := url.Values{}
		for _, v := range change.Values {
			form.Set(v.Key, v.New)
		}
		if _, err := c.post(ctx, e.Kind.object(p.App, e.Name), form); err != nil {
			return Change{}, err
		}
	}
	if widen {
		return change, c.SetACL(ctx, p.App, e.Kind, e.Name, p.ACL)
	}
	return change, nil
}

func (p *Plan) create(ctx context.Context, c *Client, e Entity) error {
	if p.DryRun {
		return nil
	}
	values := url.Values{}
	maps.Copy(values, e.Values)
	if p.Enable && e.Kind == SavedSearch {
		values.Set("disabled", "0")
	}
	if err := c.Upsert(ctx, p.App, e.Kind, e.Name, values); err != nil {
		return err
	}
	if p.ACL.Sharing == "" {
		return nil
	}
	if err := c.SetACL(ctx, p.App, e.Kind, e.Name, p.ACL); err != nil {
		return fmt.Errorf("created, but not shared as planned: %w", err)
	}
	return nil
}

// differences returns the values to set on an existing entity, in order.
func (p *Plan) differences(e Entity, there *entry) []ValueChange {
	var out []ValueChange
	for _, key := range slices.Sorted(maps.Keys(e.Values)) {
		old, want := text(there.Content[key]), e.Values.Get(key)
		switch {
		case e.Kind == SavedSearch && key == "disabled":
			continue // see below
		case e.KeepIfExists && !e.ours(there) || slices.Contains(e.Keep, key) || equal(old, want):
			continue
		}
		out = append(out, ValueChange{key, old, want})
	}
	if p.Enable && e.Kind == SavedSearch && truth(there.Content["disabled"]) {
		out = append(out, ValueChange{"disabled", "1", "0"})
	}
	return out
}

// Uninstall removes what p names from its app, last first. A [Entity.KeepIfExists]
// that is no longer what p says is the site's and stays, and so does what came with
// the app's package.
func Uninstall(ctx context.Context, c *Client, p Plan) ([]Change, error) {
	var changes []Change
	for _, e := range slices.Backward(p.Entities) {
		change, err := p.uninstall(ctx, c, e)
		if err != nil {
			return changes, fmt.Errorf("uninstall %s %s: %w", e.Kind, e.Name, err)
		}
		changes = append(changes, change)
	}
	return changes, nil
}

func (p *Plan) uninstall(ctx context.Context, c *Client, e Entity) (Change, error) {
	there, err := c.find(ctx, p.App, e)
	if err != nil {
		return Change{}, err
	}
	change := Change{Kind: e.Kind, Name: e.Name, Action: Removed}
	switch {
	case there == nil:
		change.Action = Absent
	case there.ACL.Removable != nil && !*there.ACL.Removable:
		change.Action, change.Note = Kept, "part of the app "+p.App+", which goes as a whole"
	case e.KeepIfExists && !e.ours(there):
		change.Action, change.Note = Kept, "this site's own"
	case !p.DryRun:
		err = c.Delete(ctx, p.App, e.Kind, e.Name)
	}
	return change, err
}

// find returns an entity of app, or nil if app has none of that name, whatever other apps
// share.
func (c *Client) find(ctx context.Context, app string, e Entity) (*entry, error) {
	there, err := c.getOne(ctx, e.Kind.object(app, e.Name))
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if there.ACL.App != app {
		return nil, nil
	}
	return there, nil
}

// shipped reports whether the entity is as we once shipped it.
func (e *Entity) shipped(there *entry) bool {
	for key := range e.Shipped {
		if !equal(text(there.Content[key]), e.Shipped.Get(key)) {
			return false
		}
	}
	return len(e.Shipped) > 0
}

// ours reports whether the entity does what we ship or once shipped. How it is described
// makes it nobody else's: an older version has another text.
func (e *Entity) ours(there *entry) bool {
	if e.shipped(there) {
		return true
	}
	for key := range e.Values {
		if key != "description" && !equal(text(there.Content[key]), e.Values.Get(key)) {
			return false
		}
	}
	return true
}

// equal compares values as conf files keep them: without the space around them,
// and a boolean in any of its forms.
func equal(a, b string) bool {
	a, b = strings.TrimSpace(a), strings.TrimSpace(b)
	if a == b {
		return true
	}
	x, ok1 := boolean(a)
	y, ok2 := boolean(b)
	return ok1 && ok2 && x == y
}

func rank(sharing string) int {
	return slices.Index([]string{"user", "app", "global"}, sharing)
}
