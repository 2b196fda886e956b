namespace ChildProc.Engines;

/// <summary>How one system spawns, waits for, signals and kills children under one containment.</summary>
internal abstract class Engine
{
    internal abstract EngineFacts Facts { get; }

    /// <summary>Makes sure, without starting a child, that it can work here. Null, or why that cannot be told at this moment.</summary>
    /// <exception cref="EngineUnavailableException">It cannot.</exception>
    internal virtual string? Probe() => null;

    /// <summary>Brings a start info, which is free of faults, into the engine's own form; no side effect.</summary>
    /// <exception cref="ChildProcessStartException">There is nothing to execute, or too much to pass.</exception>
    /// <exception cref="PlatformNotSupportedException">It asks for what the engine does not have.</exception>
    internal abstract StartImage Prepare(ChildProcessStartInfo info);

    /// <exception cref="ChildProcessStartException">The start failed; nothing is left of it.</exception>
    /// <exception cref="EngineUnavailableException">The engine cannot work here at all; nothing was started.</exception>
    internal abstract ProcessTree Start(StartImage image);

    /// <summary>As <see cref="Start"/>, without blocking the caller's thread.</summary>
    /// <exception cref="OperationCanceledException">The lifetime ended first; nothing is left of the start.</exception>
    internal abstract ValueTask<ProcessTree> StartAsync(StartImage image, CancellationToken lifetime);

    /// <summary>Later children inherit the present state of the host, and what could not be had is tried again.</summary>
    internal virtual void Refresh()
    {
    }

    /// <summary>All trees that it has, those being started included.</summary>
    internal abstract List<ProcessTree> Trees();

    /// <summary>Adds the descriptors that it holds for itself, whatever trees it has; nothing where handles are no descriptors.</summary>
    internal virtual void AddKeptDescriptors(List<int> descriptors)
    {
    }

    /// <summary>Starts nothing any more; its trees go on.</summary>
    internal abstract void Close();
}

/// <summary>A start info in the form of one engine: encoded once, started as often as one likes.</summary>
internal abstract class StartImage(Engine engine, ChildProcessStartInfo info)
{
    internal Engine Engine { get; } = engine;

    internal ChildProcessStartInfo Info { get; } = info;
}

/// <summary>An engine cannot work in this process. Never for a shortage or another cause that may pass.</summary>
internal sealed class EngineUnavailableException(string message, Exception? cause = null) : Exception(message, cause);
