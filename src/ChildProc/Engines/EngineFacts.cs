namespace ChildProc.Engines;

/// <summary>What an engine holds and what escapes it, in the words of the README's table of platforms, which a test compares.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Containment">What its children report.</param>
/// <param name="HoldsWholeTree">No descendant escapes, daemons included.</param>
/// <param name="Limits">What it cannot hold or do.</param>
internal sealed record EngineFacts(string Name, Containment Containment, bool HoldsWholeTree, params string[] Limits)
{
    internal static EngineFacts Supervised { get; } = new(
        "a supervisor process per tree", Containment.Supervised, HoldsWholeTree: true,
        "a process that another subreaper adopts or a service manager starts", "a setuid program, when its supervisor is killed");

    internal static EngineFacts ProcessGroup { get; } = new(
        "a process group per tree and a walk over its descendants", Containment.ProcessGroup, HoldsWholeTree: false,
        "a daemon: a descendant that has left the group and lost its parent");

    internal static EngineFacts Job { get; } = new(
        "a job object per tree", Containment.Job, HoldsWholeTree: true,
        "what a service, the task scheduler or WMI starts on behalf of the tree");
}
