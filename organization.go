package authkit

import (
	"context"
	"fmt"

	"github.com/authkit-desktop/authkit/internal/workos"
)

// SwitchOrganization renews the session for another organization of the person, without a browser. When it is refused
// (*OrganizationError) or WorkOS cannot be reached (ErrOffline), the session stays as it was.
func (c *Client) SwitchOrganization(ctx context.Context, id string) (*Session, error) {
	if id == "" {
		return nil, &OrganizationError{Code: "invalid_organization_id", Description: "the organization's id is empty"}
	}
	for {
		l, err := c.current(ctx)
		if err != nil {
			return nil, err
		}
		if l.rec == nil {
			return nil, l.signedOut()
		}
		f := c.engine.join(demand{from: l, org: id})
		next, err := c.engine.wait(ctx, f)
		if f.org != id && ctx.Err() == nil && c.life.Err() == nil {
			continue // that was somebody else's refresh; now ours
		}
		if err != nil {
			return nil, err
		}
		if next.session.OrganizationID != id {
			return nil, &OrganizationError{OrganizationID: id, Code: "organization_not_switched",
				Description: "the server renewed the session without switching"}
		}
		return c.hand(next), nil
	}
}

// OrganizationSelectionError says that the person belongs to several organizations and has to choose one to finish the
// sign-in with: let them, and call SelectOrganization.
type OrganizationSelectionError struct {
	Organizations []OrganizationChoice

	pending workos.Secret
	add     bool // AddAccount
}

func (e *OrganizationSelectionError) Error() string {
	return fmt.Sprintf("the sign-in is waiting for a choice between %d organizations", len(e.Organizations))
}

func newOrganizationSelectionError(refused *workos.Error, add bool) error {
	if refused.Pending == "" || len(refused.Organizations) == 0 {
		return &SignInError{Code: refused.Code, Description: refused.Description}
	}
	e := &OrganizationSelectionError{pending: refused.Pending, add: add}
	for _, o := range refused.Organizations {
		e.Organizations = append(e.Organizations, OrganizationChoice(o))
	}
	return e
}

// SelectOrganization finishes the sign-in that stopped with choice, in the organization that the person has chosen.
func (c *Client) SelectOrganization(ctx context.Context, choice *OrganizationSelectionError, id string) (*Session, error) {
	reply, err := c.wire.SelectOrganization(ctx, choice.pending, id)
	if err != nil {
		return nil, signInFailure(err, choice.add)
	}
	return c.signedIn(ctx, reply, choice.add)
}
