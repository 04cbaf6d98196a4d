// Package authkit signs people in to a desktop app or a terminal program with WorkOS AuthKit.
package authkit
