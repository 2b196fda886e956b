using ChildProc.Tool.Model;

namespace ChildProc.Tool.Strace;

/// <summary>The calls that open, copy and close descriptors.</summary>
internal sealed partial class StraceFacts
{
    private void DescriptorCall(string name, bool failed)
    {
        switch (name)
        {
            case "close":
                StraceValue closed = StraceValue.Parse(Argument(0));
                if (closed.Number >= 0 && (!failed || _result.Error == "EBADF"))
                    Emit(FactKind.FdClose, fd: closed.AsInt, key: closed.Annotation, flags: failed ? FactFlags.Failed : 0);
                break;
            case "close_range":
                CloseRange();
                break;
            case "open" or "creat":
                Open(StraceText.Unquote(Argument(0)), Contains(Argument(1), "O_CLOEXEC"));
                break;
            case "openat" or "openat2":
                Open(StraceText.Unquote(Argument(1)), Contains(Argument(2), "O_CLOEXEC"));
                break;
            case "dup":
                Copy(0, closeOnExec: false, placed: false);
                break;
            case "dup2" or "dup3":
                Copy(0, Contains(Argument(2), "O_CLOEXEC"), placed: true);
                break;
            case "fcntl" or "fcntl64":
                Control();
                break;
            case "pipe" or "pipe2":
                Pair("pipe", FactFlags.ReadEnd, FactFlags.WriteEnd, Argument(0), Contains(Argument(1), "O_CLOEXEC"));
                break;
            case "socketpair":
                Pair("socket", 0, 0, Argument(3), Contains(Argument(1), "SOCK_CLOEXEC"));
                break;
            case "socket":
                Open("socket", Contains(Argument(1), "SOCK_CLOEXEC"));
                break;
            case "accept" or "accept4":
                Open("socket", Contains(Argument(3), "SOCK_CLOEXEC"));
                break;
            case "recvmsg":
                Received();
                break;
            case "pidfd_open":
                int pid = StraceValue.Parse(Argument(0)).AsInt;
                Emit(FactKind.FdOpen, fd: _result.AsInt, other: pid, key: $"pid:{pid}", flags: FactFlags.CloseOnExec, atReturn: true);
                break;
            case "pidfd_getfd" or "io_uring_setup":
                Open(name, closeOnExec: true);
                break;
            case "eventfd" or "eventfd2" or "epoll_create" or "epoll_create1" or "timerfd_create" or "signalfd" or "signalfd4" or "inotify_init" or "inotify_init1" or "memfd_create":
                Open(name == "memfd_create" ? "memfd:" + StraceText.Unquote(Argument(0)) : name, _arguments.Exists(static a => !a.StartsWith('"') && Contains(a, "_CLOEXEC")));
                break;
        }
    }

    private void Open(string what, bool closeOnExec) =>
        Emit(FactKind.FdOpen, fd: _result.AsInt, key: _result.Annotation ?? what, flags: closeOnExec ? FactFlags.CloseOnExec : 0, atReturn: true);

    private void Copy(int from, bool closeOnExec, bool placed)
    {
        StraceValue source = StraceValue.Parse(Argument(from));
        if (source.AsInt != _result.AsInt) // dup2(3, 3) changes nothing
            Emit(FactKind.FdDup, fd: source.AsInt, fd2: _result.AsInt, key: _result.Annotation ?? source.Annotation,
                flags: (closeOnExec ? FactFlags.CloseOnExec : 0) | (placed ? FactFlags.Placed : 0), atReturn: true);
    }

    private void Control()
    {
        switch (Argument(1))
        {
            case "F_DUPFD":
                Copy(0, closeOnExec: false, placed: false);
                break;
            case "F_DUPFD_CLOEXEC":
                Copy(0, closeOnExec: true, placed: false);
                break;
            case "F_SETFD":
                bool set = Contains(Argument(2), "FD_CLOEXEC");
                Emit(FactKind.FdCloExec, fd: StraceValue.Parse(Argument(0)).AsInt, flags: set ? FactFlags.CloseOnExec : FactFlags.Placed);
                break;
        }
    }

    private void Pair(string kind, FactFlags first, FactFlags second, string ends, bool closeOnExec)
    {
        List<string> both = ends is ['[', .., ']'] ? StraceText.Split(ends[1..^1]) : [];
        if (both.Count != 2)
            return;
        StraceValue a = StraceValue.Parse(both[0]), b = StraceValue.Parse(both[1]);
        FactFlags flags = closeOnExec ? FactFlags.CloseOnExec : 0;
        // Where descriptors are not decoded, a pipe is named after the line that made it.
        string otherwise = $"{kind}:[line {_record.Line}]";
        Emit(FactKind.FdOpen, fd: a.AsInt, key: a.Annotation ?? otherwise, flags: flags | first, atReturn: true);
        Emit(FactKind.FdOpen, fd: b.AsInt, key: b.Annotation ?? otherwise, flags: flags | second, atReturn: true);
    }

    private void CloseRange()
    {
        long first = StraceValue.Parse(Argument(0)).Number;
        StraceValue last = StraceValue.Parse(Argument(1));
        if (Contains(Argument(2), "CLOSE_RANGE_UNSHARE"))
            Emit(FactKind.FdUnshare);
        // The usual end of a range is ~0U, however it is written.
        int end = last.Number is >= 0 and < int.MaxValue ? (int)last.Number : int.MaxValue;
        if (first is >= 0 and < int.MaxValue)
            Emit(FactKind.FdCloseRange, fd: (int)first, fd2: end, flags: Contains(Argument(2), "CLOSE_RANGE_CLOEXEC") ? FactFlags.CloseOnExec : 0);
    }

    /// <summary>Descriptors that came over a socket.</summary>
    private void Received()
    {
        const string Data = "cmsg_data=[";
        string message = Argument(1);
        bool closeOnExec = Contains(Argument(2), "MSG_CMSG_CLOEXEC");
        for (int i = 0; (i = message.IndexOf("cmsg_type=SCM_RIGHTS", i, StringComparison.Ordinal)) >= 0;)
        {
            i = message.IndexOf(Data, i, StringComparison.Ordinal);
            if (i < 0)
                return;
            i += Data.Length;
            int end = i;
            while (end >= 0 && end < message.Length && message[end] != ']')
                end = StraceText.Skip(message, end);
            if (end < 0)
                return;
            foreach (string one in StraceText.Split(message[i..end]))
            {
                StraceValue fd = StraceValue.Parse(one);
                if (fd.Number >= 0)
                    Emit(FactKind.FdOpen, fd: fd.AsInt, key: fd.Annotation ?? "received", flags: closeOnExec ? FactFlags.CloseOnExec : 0, atReturn: true);
            }

            i = end;
        }
    }
}
