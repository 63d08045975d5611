"""A person at a terminal: runs COMMAND on a pseudo-terminal of 80 columns and types an answer at each question (a line that
ends in ":"). What the terminal showed goes to stdout; the exit status is the command's.
usage: talk.py SECONDS ANSWER... -- COMMAND...      an answer "^D" ends the input, "^C" interrupts"""
import fcntl, os, pty, re, select, signal, struct, sys, termios, time

limit = time.monotonic() + float(sys.argv[1])
split = sys.argv.index("--")
answers, command = sys.argv[2:split], sys.argv[split + 1:]
pid, master = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 25, 80, 0, 0))
shown, seen = b"", 0
while time.monotonic() < limit:
    ready, _, _ = select.select([master], [], [], 0.1)
    if ready:
        try:
            piece = os.read(master, 65536)
        except OSError:
            break
        if not piece:
            break
        shown += piece
        if b"\x1b[6n" in piece:  # where the cursor is: a console program asks
            os.write(master, b"\x1b[1;1R")
        continue
    # quiet: a question is waiting when the last line ends so, but for what moves the cursor (a blank does under Wine)
    last = re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", shown[seen:]).rstrip(b" ")
    if answers and last.endswith(b":"):
        seen = len(shown)
        answer = answers.pop(0)
        os.write(master, {"^D": b"\x04", "^C": b"\x03"}.get(answer, answer.encode() + b"\r"))
sys.stdout.buffer.write(shown)
sys.stdout.flush()
if time.monotonic() >= limit:  # it would be waited for without end
    os.kill(pid, signal.SIGKILL)
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status) % 256)
