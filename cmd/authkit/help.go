package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// page is how wide help is set: the width that every terminal has.
const page = 80

// help writes what a command does, takes and needs.
func (s *screen) help(w io.Writer, cmd *cobra.Command) {
	fmt.Fprintf(w, "%s\n", or(cmd.Long, cmd.Short+"."))
	if cmd.HasParent() {
		fmt.Fprintf(w, "\n%s\n  %s\n", s.bold("Usage"), cmd.UseLine())
	}
	for _, g := range append(cmd.Groups(), &cobra.Group{Title: "Commands"}) {
		s.listCommands(w, cmd, g)
	}
	if cmd.HasExample() {
		fmt.Fprintf(w, "\n%s\n%s\n", s.bold("Examples"), cmd.Example)
	}
	if flags := cmd.LocalFlags(); flags.HasAvailableFlags() && cmd.HasParent() {
		fmt.Fprintf(w, "\n%s\n%s", s.bold("Flags"), flags.FlagUsagesWrapped(page))
	}
	if !cmd.HasParent() {
		fmt.Fprintf(w, "\n%s\n", surroundings)
	}
}

func (s *screen) listCommands(w io.Writer, cmd *cobra.Command, group *cobra.Group) {
	title := "\n" + s.bold(group.Title) + "\n"
	for _, sub := range cmd.Commands() {
		if sub.GroupID == group.ID && !sub.Hidden {
			fmt.Fprintf(w, "%s  %-11s %s\n", title, sub.Name(), sub.Short)
			title = ""
		}
	}
}

// helpCommand is what people type when they know of no --help.
func helpCommand() *cobra.Command {
	return &cobra.Command{Use: "help [command]", Hidden: true, RunE: func(cmd *cobra.Command, args []string) error {
		found, left, err := cmd.Root().Find(args)
		if err == nil && len(left) > 0 {
			err = found.ValidateArgs(left)
		}
		if err != nil {
			return err
		}
		found.InitDefaultHelpFlag()
		return found.Help()
	}}
}

// noArgs refuses the words after a command that takes none.
func noArgs(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case !cmd.HasSubCommands():
		return fmt.Errorf("%s takes nothing but flags, and %q is none", cmd.CommandPath(), args[0])
	}
	text := fmt.Sprintf("there is no command %q", strings.TrimPrefix(cmd.CommandPath()+" ", "authkit ")+args[0])
	cmd.SuggestionsMinimumDistance = 2 // letters
	if like := cmd.SuggestionsFor(args[0]); len(like) > 0 {
		text += "; did you mean " + strings.Join(like, " or ") + "?"
	}
	return errors.New(text)
}

// oneArg wants what the command's line names.
func oneArg(cmd *cobra.Command, args []string) error {
	if len(args) == 1 {
		return nil
	}
	_, wanted, _ := strings.Cut(cmd.Use, " ")
	return fmt.Errorf("%s takes one word, %s, and got %d", cmd.CommandPath(), wanted, len(args))
}

// misuse puts the parser's words into those of a person.
func misuse(err error, command string) complaint {
	what := err.Error()
	if _, names, found := strings.Cut(what, "none of the others can be; ["); found {
		names, _, _ = strings.Cut(names, "]")
		what = "--" + strings.ReplaceAll(names, " ", " and --") + " cannot be used together"
	}
	if _, missing, found := strings.Cut(what, "they must all be set; missing ["); found {
		what = "--" + strings.TrimSuffix(missing, "]") + " is missing"
	}
	if front, _, found := strings.Cut(what, `" flag: `); found {
		what = front + `"` // the rest is Go's
	}
	return complaint{what: what, so: "Nothing was done.", do: "To see what there is, type: " + strings.TrimSuffix(command, " help") + " --help", code: codeUsage}
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
