# The whole runs by a user who is not root.
status=0
for script in whole restore account revoke certificate renewal fleet fleet-trouble handles; do
	sh "$here/$script.sh" || status=1
done
exit $status
