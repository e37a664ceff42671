#!/bin/sh
# What udhcpc runs: says which file the DHCP server names.
echo "boot=$boot_file"
