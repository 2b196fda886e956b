using System.Collections.Frozen;

namespace ChildProc.Tool.Model;

/// <summary>The names of kinds and sources in JSON: part of the format, so never renamed.</summary>
internal static class FactNames
{
    private static readonly FrozenDictionary<FactKind, string> s_kinds = new Dictionary<FactKind, string>
    {
        [FactKind.TaskNew] = "task.new",
        [FactKind.TaskExec] = "task.exec",
        [FactKind.TaskExit] = "task.exit",
        [FactKind.TaskReap] = "task.reap",
        [FactKind.TaskSession] = "task.session",
        [FactKind.WaitFailed] = "wait.failed",
        [FactKind.FdOpen] = "fd.open",
        [FactKind.FdDup] = "fd.dup",
        [FactKind.FdClose] = "fd.close",
        [FactKind.FdCloseRange] = "fd.close_range",
        [FactKind.FdCloExec] = "fd.cloexec",
        [FactKind.FdUnshare] = "fd.unshare",
        [FactKind.SignalSend] = "sig.send",
        [FactKind.SignalReceive] = "sig.recv",
        [FactKind.SignalDisposition] = "sig.disposition",
        [FactKind.SnapProcess] = "snap.process",
        [FactKind.SnapFd] = "snap.fd",
        [FactKind.RootExit] = "root.exit",
        [FactKind.App] = "app.event",
        [FactKind.Killed] = "tool.kill",
        [FactKind.Gap] = "gap",
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, FactKind> s_byName = s_kinds.ToFrozenDictionary(static p => p.Value, static p => p.Key);

    private static readonly string[] s_sources = ["app", "sub", "proc", "cn", "strace", "perf"];

    internal static string Of(FactKind kind) => s_kinds[kind];

    internal static string Of(FactSource source) => s_sources[(int)source];

    internal static bool TryKind(string? name, out FactKind kind)
    {
        kind = default;
        return name is not null && s_byName.TryGetValue(name, out kind);
    }

    internal static bool TrySource(string? name, out FactSource source)
    {
        int index = Array.IndexOf(s_sources, name);
        source = (FactSource)Math.Max(0, index);
        return index >= 0;
    }
}
