using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ChildProc.Interop;
using Microsoft.Extensions.Logging;

namespace ChildProc.Engines.Windows;

/// <summary>Starts children by CreateProcess, each in a job of its own from its first instruction.</summary>
/// <remarks>Nobody has to clean up after a crash of the host: the kernel closes its handles, and with them the jobs.</remarks>
[SupportedOSPlatform("windows")]
internal sealed unsafe class WindowsEngine(ILogger logger) : Engine
{
    private readonly ConcurrentDictionary<WindowsTree, bool> _trees = new();
    private volatile bool _closed;

    internal override EngineFacts Facts => EngineFacts.Job;

    internal override StartImage Prepare(ChildProcessStartInfo info) => new WindowsStartImage(this, info);

    internal override ProcessTree Start(StartImage prepared)
    {
        WindowsStartImage image = (WindowsStartImage)prepared;
        ChildProcessStartInfo info = image.Info;
        ObjectDisposedException.ThrowIf(_closed, typeof(IChildProcessHost));
        HostExit.Watch(this);
        ChildProcessStartException.ThrowIfFailed(JobPort.EnsureRunning(), StartStage.Containment, info);
        using WindowsStart start = new(image);
        WindowsTree tree = new(this, info, logger) { Pipes = start.Pipes, Pumps = start.Pumps };
        _trees[tree] = true;
        try
        {
            if (info.Containment != Containment.None)
            {
                ChildProcessStartException.ThrowIfFailed(tree.MakeJob(), StartStage.Containment, info);
            }

            Create(image, start, tree);
            if (!tree.IsWatched)
            {
                throw ChildProcessStartException.Create(StartStage.Containment, Marshal.GetLastPInvokeError(), info);
            }

            ObjectDisposedException.ThrowIf(_closed, typeof(IChildProcessHost));
        }
        catch
        {
            tree.Discard(); // with the pipes; closing them twice does nothing
            throw;
        }

        start.KeepPipes();
        tree.Pumps?.Begin(tree.Pipes, logger, tree.Id);
        return tree;
    }

    /// <summary>CreateProcess knows no waiting: it takes the time of the system's own work, as a file that is opened does.</summary>
    internal override ValueTask<ProcessTree> StartAsync(StartImage image, CancellationToken lifetime) => ValueTask.FromResult(Start(image));

    internal override List<ProcessTree> Trees() => [.. _trees.Keys];

    internal override void Close() => _closed = true;

    internal void Remove(WindowsTree tree) => _trees.TryRemove(tree, out _);

    private static void Create(WindowsStartImage image, WindowsStart start, WindowsTree tree)
    {
        ChildProcessStartInfo info = image.Info;
        using ProcessAttributes attributes = new(info);
        PseudoConsole? console = start.Pipes.Terminal as PseudoConsole;
        if (console is not null)
        {
            attributes.AddConsole(console.Handle);
        }
        else
        {
            attributes.AddHandles(start.Inherited);
        }

        if (tree.Job is { } job)
        {
            attributes.AddJob(job.Handle);
        }

        Kernel32.StartupInfo startup = new()
        {
            Size = (uint)sizeof(Kernel32.StartupInfo),
            Flags = Kernel32.STARTF_USESTDHANDLES,
            StandardInput = start.Input?.DangerousGetHandle() ?? -1, // they live as long as the start; else the console's, and never the host's
            StandardOutput = start.Output?.DangerousGetHandle() ?? -1,
            StandardError = start.Error?.DangerousGetHandle() ?? -1,
            Attributes = attributes.List,
        };
        uint flags = Kernel32.CREATE_UNICODE_ENVIRONMENT | Kernel32.EXTENDED_STARTUPINFO_PRESENT | Kernel32.CREATE_DEFAULT_ERROR_MODE;
        flags |= info.NewProcessGroup ? Kernel32.CREATE_NEW_PROCESS_GROUP : 0;
        flags |= console is not null || ConsoleBreak.HasConsole ? 0 : Kernel32.CREATE_NO_WINDOW; // a console of its own would be a window
        Kernel32.ProcessInformation created;
        char[] commandLine = [.. start.CommandLine, '\0']; // CreateProcess writes into it
        fixed (char* line = commandLine, environment = image.Environment)
        {
            if (Kernel32.CreateProcessW(
                start.Application, line, null, null, inheritHandles: console is null ? 1 : 0, flags, environment, image.WorkingDirectory, &startup, &created) == 0)
            {
                throw ChildProcessStartException.Create(StartStage.Execute, Marshal.GetLastPInvokeError(), info, start.Application);
            }
        }

        _ = Kernel32.CloseHandle(created.Thread);
        start.CloseChildEnds(); // the child has its own: at its exit ours would pass for a descendant that still writes or reads
        tree.Begin(new KernelHandle(created.Process), created.ProcessId);
    }
}
