using ChildProc.Terminals;

namespace ChildProc.Pipes;

/// <summary>The host's ends of a child's pipes, null where a stream is no pipe, and of its terminal, null when it has none of its own.</summary>
internal readonly record struct ChildPipes(PipeEnd? Input, PipeEnd? Output, PipeEnd? Error, HostTerminal? Terminal = null)
{
    /// <summary>The child has exited: from now on its output ends after <paramref name="timeout"/> at the latest.</summary>
    internal void BeginDrain(TimeSpan timeout, Action<PipeEnd> onCut)
    {
        Output?.BeginDrain(timeout, onCut);
        Error?.BeginDrain(timeout, onCut);
        Terminal?.Output.BeginDrain(timeout, onCut);
    }

    internal StandardStreams OpenStreams
        => (Input is { IsClosed: false } ? StandardStreams.StandardInput : StandardStreams.None)
            | (Output is { IsClosed: false } ? StandardStreams.StandardOutput : StandardStreams.None)
            | (Error is { IsClosed: false } ? StandardStreams.StandardError : StandardStreams.None)
            | (Terminal is { Output.IsClosed: false } ? StandardStreams.Terminal : StandardStreams.None);

    internal void AddDescriptors(List<int> descriptors)
    {
        foreach (PipeEnd? end in new[] { Input, Output, Error, Terminal?.Input, Terminal?.Output })
        {
            end?.AddDescriptors(descriptors);
        }
    }

    internal void Announce(int pid)
    {
        Input?.Announce(pid, StandardStreams.StandardInput);
        Output?.Announce(pid, StandardStreams.StandardOutput);
        Error?.Announce(pid, StandardStreams.StandardError);
        Terminal?.Input.Announce(pid, StandardStreams.Terminal);
        Terminal?.Output.Announce(pid, StandardStreams.Terminal);
    }

    internal void Close()
    {
        Input?.Close();
        Output?.Close();
        Error?.Close();
        Terminal?.Close();
    }
}
