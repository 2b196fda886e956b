using ChildProc.Tool.Model;

namespace ChildProc.Tool.Strace;

/// <summary>Turns records of strace into facts: which calls made, changed or ended a process or a descriptor.</summary>
/// <param name="file">The name of the log, for references.</param>
/// <param name="offset">CLOCK_REALTIME minus CLOCK_MONOTONIC in nanoseconds; 0 leaves the times as they are.</param>
internal sealed partial class StraceFacts(string file, long offset, Action<Fact> sink)
{
    private long _sequence;
    private StraceRecord _record = new();
    private List<string> _arguments = [];
    private StraceValue _result;

    internal void Add(StraceRecord record)
    {
        _record = record;
        switch (record.Kind)
        {
            case StraceKind.Call:
                _result = StraceValue.Parse(record.Result);
                Call();
                break;
            case StraceKind.Signal:
                int signal = SignalNames.Number(record.Name);
                if (signal != 0)
                    Emit(FactKind.SignalReceive, other: StraceValue.Field(record.Arguments, "si_pid="), number: signal);
                break;
            case StraceKind.Exited:
                Emit(FactKind.TaskExit, number: record.Number);
                break;
            case StraceKind.Killed:
                Emit(FactKind.TaskExit, number: record.Number, flags: FactFlags.BySignal);
                break;
            case StraceKind.Superseded:
                // The thread that called execve goes on under the first thread's id.
                Emit(FactKind.TaskExit, other: record.Tid, flags: FactFlags.Thread, tid: record.Number);
                break;
            case StraceKind.Broken:
                Emit(FactKind.Gap, text: record.Arguments);
                break;
        }
    }

    private void Call()
    {
        string name = _record.Name;
        bool failed = _result.IsKnown && _result.Number < 0;
        // `?` is a call that never returned: it changed nothing that its thread lived to see.
        if (!_result.IsKnown || (failed && name is not ("close" or "wait4" or "waitid" or "kill" or "tkill" or "tgkill")))
            return;
        if (name is "exit" or "exit_group")
            return;
        _arguments = StraceText.Split(_record.Arguments);
        switch (name)
        {
            case "fork" or "vfork" or "clone" or "clone3":
                NewTask(name);
                break;
            case "execve" or "execveat":
                Execute(name == "execve" ? 0 : 1);
                break;
            case "wait4" or "waitpid":
                Wait4(failed);
                break;
            case "waitid":
                WaitId(failed);
                break;
            case "kill" or "tkill":
                Kill(0, 1, failed);
                break;
            case "tgkill":
                Kill(0, 2, failed);
                break;
            case "setsid" or "setpgid":
                Emit(FactKind.TaskSession, other: name == "setpgid" ? StraceValue.Parse(Argument(0)).AsInt : 0, text: name);
                break;
            case "rt_sigaction":
                Disposition();
                break;
            case "unshare":
                if (Argument(0).Contains("CLONE_FILES", StringComparison.Ordinal))
                    Emit(FactKind.FdUnshare);
                break;
            default:
                DescriptorCall(name, failed);
                break;
        }
    }

    private void NewTask(string name)
    {
        string flags = name switch
        {
            "fork" => "SIGCHLD",
            "vfork" => "CLONE_VM|CLONE_VFORK|SIGCHLD",
            "clone3" => Between(Argument(0), "flags=", ","),
            _ => Between(_record.Arguments, "flags=", ","),
        };
        bool reports = name == "clone3" ? !Between(Argument(0), "exit_signal=", ",").StartsWith('0') : flags.Contains("SIG", StringComparison.Ordinal);
        bool thread = Contains(flags, "CLONE_THREAD");
        int child = _result.AsInt;
        Emit(FactKind.TaskNew, other: child, text: flags, flags: (thread ? FactFlags.Thread : 0)
            | (Contains(flags, "CLONE_FILES") ? FactFlags.SharesFiles : 0)
            | (thread || reports ? 0 : FactFlags.AutoReap));
        if (Contains(flags, "CLONE_PIDFD"))
        {
            string made = Between(_record.Arguments, "=> {", "}");
            int pidfd = Contains(made, "pidfd=") ? StraceValue.Field(made, "pidfd=") : StraceValue.Field(made, "parent_tid=");
            if (pidfd > 0)
                Emit(FactKind.FdOpen, fd: pidfd, other: child, key: $"pid:{child}", flags: FactFlags.CloseOnExec);
        }
    }

    private void Execute(int path)
    {
        if (IsUnread(Argument(path)))
        {
            Emit(FactKind.TaskExec);
            return;
        }

        string program = StraceText.Unquote(Argument(path));
        IEnumerable<string> words = Argument(path + 1) is ['[', .., ']'] list ? StraceText.Split(list[1..^1]).Select(static w => StraceText.Unquote(w)) : [program];
        string command = string.Join(' ', words);
        Emit(FactKind.TaskExec, text: command.Length > 256 ? command[..255] + "…" : command, key: program);
    }

    private void Wait4(bool failed)
    {
        int asked = StraceValue.Parse(Argument(0)).AsInt;
        string status = Argument(1), options = Argument(2);
        if (failed)
            WaitFailed(asked, any: asked == -1, options);
        else if (_result.Number > 0 && !Contains(status, "WIFSTOPPED") && !Contains(status, "WIFCONTINUED"))
        {
            // Another kind of news than its end may have been asked for; WSTOPPED is how strace writes WUNTRACED.
            bool sure = !IsHidden(status) || !(Contains(options, "WSTOPPED") || Contains(options, "WCONTINUED"));
            Emit(FactKind.TaskReap, other: sure ? _result.AsInt : 0, flags: asked > 0 ? 0 : FactFlags.AnyChild, atReturn: true);
        }
    }

    private void WaitId(bool failed)
    {
        bool one = Argument(0) is "P_PID" or "P_PIDFD";
        string info = Argument(2), options = Argument(3);
        if (failed)
        {
            WaitFailed(Argument(0) == "P_PID" ? StraceValue.Parse(Argument(1)).AsInt : -1, any: Argument(0) == "P_ALL", options);
            return;
        }

        // With WNOWAIT it is a look and no reap.
        if (!Contains(options, "WEXITED") || Contains(options, "WNOWAIT"))
            return;
        int pid = StraceValue.Field(info, "si_pid=");
        if (IsHidden(info))
        {
            // Who it was is in the call alone, if it is sure that it was somebody; another wait may have had nobody to tell of.
            StraceValue asked = StraceValue.Parse(Argument(1));
            bool sure = one && options == "WEXITED";
            int known = !sure ? 0 : Argument(0) == "P_PID" ? asked.AsInt : PidOf(asked);
            Emit(FactKind.TaskReap, other: Math.Max(known, 0), atReturn: true);
        }
        else if (pid > 0 && (Contains(info, "CLD_EXITED") || Contains(info, "CLD_KILLED") || Contains(info, "CLD_DUMPED"))) // else there was nothing
            Emit(FactKind.TaskReap, other: pid, flags: one ? 0 : FactFlags.AnyChild, atReturn: true);
    }

    private static int PidOf(StraceValue pidfd) =>
        pidfd.Annotation is { } what && what.StartsWith("pid:", StringComparison.Ordinal) ? StraceValue.Parse(what.AsSpan("pid:".Length)).AsInt : 0;

    private void WaitFailed(int pid, bool any, string options)
    {
        if (_result.Error != "ECHILD")
            return;
        if (pid > 0)
            Emit(FactKind.WaitFailed, other: pid, flags: FactFlags.Failed);
        else if (any && !Contains(options, "__W"))
            Emit(FactKind.WaitFailed, flags: FactFlags.Failed | FactFlags.AnyChild);
    }

    /// <summary>A result that nobody asked for, or that cannot be read.</summary>
    private static bool IsHidden(string argument) => argument == "NULL" || IsUnread(argument);

    /// <summary>An address where a text or a structure should be: the memory of a process that is not dumpable is not for its user's tracer.</summary>
    private static bool IsUnread(string argument) => argument.StartsWith("0x", StringComparison.Ordinal);

    private void Kill(int target, int signal, bool failed)
    {
        int pid = StraceValue.Parse(Argument(target)).AsInt;
        if (pid > 0)
            Emit(FactKind.SignalSend, other: pid, number: SignalNames.Number(Argument(signal)), text: _result.Error, flags: failed ? FactFlags.Failed : 0);
    }

    private void Disposition()
    {
        if (Argument(0) != "SIGCHLD" || Argument(1) == "NULL")
            return;
        string action = Argument(1);
        bool ignored = Contains(action, "sa_handler=SIG_IGN") || Contains(action, "SA_NOCLDWAIT");
        Emit(FactKind.SignalDisposition, number: SignalNames.Number("SIGCHLD"), flags: ignored ? FactFlags.Ignored : 0);
    }

    private string Argument(int i) => i < _arguments.Count ? _arguments[i] : "";

    private static bool Contains(string text, string part) => text.Contains(part, StringComparison.Ordinal);

    private static string Between(string text, string after, string before)
    {
        int from = text.IndexOf(after, StringComparison.Ordinal);
        if (from < 0)
            return "";
        from += after.Length;
        int end = text.IndexOfAny([before[0], '}', ']'], from);
        return end < 0 ? text[from..] : text[from..end];
    }

    private void Emit(FactKind kind, int other = 0, int fd = -1, int fd2 = -1, int number = 0, FactFlags flags = 0, string? text = null,
        string? key = null, int? tid = null, bool atReturn = false) =>
        sink(new Fact
        {
            Time = _record.Time + (atReturn ? _record.Duration : 0) - offset,
            Source = FactSource.Strace,
            Sequence = _sequence++,
            Tid = tid ?? _record.Tid,
            Kind = kind,
            Other = other,
            Fd = fd,
            Fd2 = fd2,
            Number = number,
            Flags = flags,
            Text = text,
            Key = key,
            File = file,
            Line = _record.Line,
        });
}
