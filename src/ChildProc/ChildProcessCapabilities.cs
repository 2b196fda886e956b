using ChildProc.Engines;

namespace ChildProc;

/// <summary>What <see cref="Containment.Tree"/> means on this system, and why it is not more. Immutable.</summary>
public sealed class ChildProcessCapabilities
{
    internal ChildProcessCapabilities(EngineFacts? facts, string? reason)
    {
        Containment = facts?.Containment;
        Engine = facts?.Name ?? "none";
        HoldsWholeTree = facts?.HoldsWholeTree == true;
        Limits = Array.AsReadOnly(facts?.Limits ?? []);
        Reason = reason;
    }

    /// <summary>The containment of a child that asks for none in particular; null where no child can be started at all.</summary>
    public Containment? Containment { get; }

    /// <summary>What holds a tree together, in words.</summary>
    public string Engine { get; }

    /// <summary>Every descendant is held, daemons included: <see cref="ContainmentRequirement.WholeTree"/> is met.</summary>
    public bool HoldsWholeTree { get; }

    /// <summary>What escapes it, in words.</summary>
    public IReadOnlyList<string> Limits { get; }

    /// <summary>
    /// Why there is nothing stronger; null when it is the best that there is for the platform. Where that could not be tried at
    /// this moment, for want of descriptors or processes for example: what kept it from being tried. The next call, and
    /// the next start, tries again.
    /// </summary>
    public string? Reason { get; }

    /// <summary>One line for a log.</summary>
    /// <returns>The containment, what it is, and why it is not more.</returns>
    public override string ToString()
        => $"{Containment?.ToString() ?? "no containment"}: {Engine}" + (Reason is null ? "" : $" ({Reason})");
}
