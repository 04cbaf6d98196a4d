package main

import (
	"github.com/spf13/cobra"
)

func (p *program) completion() *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Print a script that completes authkit's commands in a shell",
		Long:  "Print a script that completes authkit's commands and flags in a shell.",
		Example: `  authkit completion bash > /etc/bash_completion.d/authkit
  authkit completion zsh > "${fpath[1]}/_authkit"
  authkit completion fish > ~/.config/fish/completions/authkit.fish
  authkit completion powershell | Out-String | Invoke-Expression`,
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"},
		Args:      cobra.MatchAll(oneArg, cobra.OnlyValidArgs),
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(&p.out, true)
			case "zsh":
				return root.GenZshCompletion(&p.out)
			case "fish":
				return root.GenFishCompletion(&p.out, true)
			}
			return root.GenPowerShellCompletionWithDesc(&p.out)
		},
	}
}
