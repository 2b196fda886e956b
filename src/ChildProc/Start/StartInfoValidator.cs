using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;
using ChildProc.Diagnostics;
using ChildProc.Stdio;

namespace ChildProc.Start;

/// <summary>
/// Finds every fault in a start info that can be seen without a side effect, and throws it as an ArgumentException whose
/// parameter is the property. Elements are named by index or key; arguments and environment values, which may be secrets,
/// never appear.
/// </summary>
internal static class StartInfoValidator
{
    private const int MaxHandles = 240;             // CP_MAX_HANDLES: one message carries 253 descriptors, SCM_MAX_FD
    private const int MaxDescriptor = 1_000_000;    // room under the usual fs.nr_open of 1048576 to move others aside

    public static void Validate(ChildProcessStartInfo info)
    {
        Program(info);
        Environment(info);
        Stream(info.StandardInput, nameof(info.StandardInput), output: false);
        Stream(info.StandardOutput, nameof(info.StandardOutput), output: true);
        Stream(info.StandardError, nameof(info.StandardError), output: true);
        OneWriterEach(info);
        Terminal(info);
        Handles(info);
        Limits(info);
        Enumerations(info);
        Policies(info);
        Numbers(info);
    }

    private static void Program(ChildProcessStartInfo info)
    {
        switch (info.FileName)
        {
            case "":
                Fail(nameof(info.FileName), "The file name is empty.");
                break;
            case "." or "..":
                Fail(nameof(info.FileName), $"{Quote.Name(info.FileName)} is a directory, not a program.");
                break;
        }

        Passable(info.FileName, nameof(info.FileName), "The file name");
        string[] arguments = info.ArgumentArray;
        for (int i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] is null)
            {
                Fail(nameof(info.Arguments), $"Argument {Text(i)} is null.");
            }

            if (Fault(arguments[i]) is { } fault)
            {
                Fail(nameof(info.Arguments), $"Argument {Text(i)} contains {fault}.");
            }
        }

        Passable(info.ArgumentZero, nameof(info.ArgumentZero), "Argument zero");
        if (info.WorkingDirectory is "")
        {
            Fail(nameof(info.WorkingDirectory), "The working directory is empty.");
        }

        Passable(info.WorkingDirectory, nameof(info.WorkingDirectory), "The working directory");
    }

    private static void Environment(ChildProcessStartInfo info)
    {
        if (info.EnvironmentOverlay is not { } overlay)
        {
            return;
        }

        foreach ((string name, string? value) in overlay)
        {
            if (name.Length == 0)
            {
                Fail(nameof(info.Environment), "The name of an environment variable is empty.");
            }

            int bad = name.AsSpan().IndexOfAny('=', '\0');
            if (bad >= 0)
            {
                // "NAME=value" given as a name by mistake: what follows may be a secret.
                string what = name[bad] == '=' ? "an equals sign" : "a NUL character";
                Fail(
                    nameof(info.Environment),
                    $"The name of an environment variable, {Quote.Name(name[..bad])}…, contains {what}.");
            }

            Passable(name, nameof(info.Environment), "The name of an environment variable");
            if (Fault(value) is { } fault)
            {
                Fail(nameof(info.Environment), $"The value of the environment variable {Quote.Name(name)} contains {fault}.");
            }
        }
    }

    private static void Stream(ChildStdio? stdio, string property, bool output)
    {
        switch (stdio)
        {
            case BytesStdio when output:
                Fail(property, "Text and bytes are for standard input only.");
                break;
            case LinesStdio or ChunksStdio or TeeStdio when !output:
                Fail(property, $"{stdio} is for output only.");
                break;
            case StreamStdio stream when output ? !stream.Value.CanWrite : !stream.Value.CanRead:
                Fail(property, output ? "The stream cannot be written, or is closed." : "The stream cannot be read, or is closed.");
                break;
            case TeeStdio tee:
                foreach (ChildStdio target in tee.Targets)
                {
                    Stream(target, property, output: true);
                }

                break;
            case ToStandardOutputStdio when property != nameof(ChildProcessStartInfo.StandardError):
                Fail(property, "Only standard error can go to standard output.");
                break;
            case FileStdio file:
                Passable(file.Path, property, "The path of the file");
                FileModeFits(file.Mode, property, output);
                break;
            case HandleStdio { SafeHandle: { IsClosed: true } or { IsInvalid: true } }:
                Fail(property, "The handle is closed or invalid.");
                break;
        }
    }

    private static void Terminal(ChildProcessStartInfo info)
    {
        bool has = TerminalStdio.IsIn(info);
        if (has && info.NewProcessGroup)
        {
            Fail(nameof(info.NewProcessGroup), "A child with a terminal of its own leads a session; a process group beside that is none of its own.");
        }

        if (info.TerminalOptions is not { } options)
        {
            return;
        }

        const string Property = nameof(info.TerminalOptions);
        if (!has)
        {
            Fail(Property, "Terminal options need a standard stream that is ChildStdio.Terminal.");
        }

        if (options.Columns is < 1 or > TerminalOptions.MaxSize || options.Rows is < 1 or > TerminalOptions.MaxSize)
        {
            OutOfRange(Property, $"{Text(options.Columns)}x{Text(options.Rows)}", "The size of the terminal is not within 1 to 32767.");
        }

        if (options.Mode is < TerminalMode.Cooked or > TerminalMode.Raw)
        {
            OutOfRange(Property, options.Mode, "Not a terminal mode.");
        }

        if (options.Type is "")
        {
            Fail(Property, "The terminal type is empty.");
        }

        Passable(options.Type, Property, "The terminal type");
        if (options.Type is not null && info.EnvironmentOverlay?.ContainsKey(EnvironmentBlock.Term) == true)
        {
            Fail(Property, "TERM is set both by the terminal type and by the environment.");
        }
    }

    // Two copies to one stream would write into each other's lines, and most streams cannot be written twice at once at all.
    private static void OneWriterEach(ChildProcessStartInfo info)
    {
        if (info.StandardOutput is { IsPumped: true } output && info.StandardError is { IsPumped: true } error
            && Streams(output).Intersect(Streams(error)).Any())
        {
            Fail(nameof(info.StandardError), "The same stream for both outputs: use ChildStdio.ToStandardOutput, which keeps the order of writing.");
        }
    }

    private static IEnumerable<Stream> Streams(ChildStdio stdio) => stdio switch
    {
        StreamStdio stream when stream.Value != System.IO.Stream.Null => [stream.Value],
        TeeStdio tee => tee.Targets.SelectMany(Streams),
        _ => [],
    };

    private static void FileModeFits(FileMode? mode, string property, bool output)
    {
        if (mode is not null && (output ? mode is FileMode.Open or FileMode.Truncate : mode is not FileMode.Open))
        {
            Fail(property, $"File mode {mode} does not fit {(output ? "an output" : "an input")} stream.");
        }
    }

    private static void Handles(ChildProcessStartInfo info)
    {
        if (info.HandleMap is not { } handles)
        {
            return;
        }

        if (handles.Count > MaxHandles)
        {
            Fail(
                nameof(info.InheritedHandles),
                $"{Text(handles.Count)} inherited handles are more than {Text(MaxHandles)}.");
        }

        foreach ((int number, SafeHandle handle) in handles)
        {
            if (number is < 3 or > MaxDescriptor)
            {
                Fail(
                    nameof(info.InheritedHandles),
                    $"Descriptor number {Text(number)} is not within 3 to {Text(MaxDescriptor)}.");
            }

            if (handle is null or { IsClosed: true } or { IsInvalid: true })
            {
                Fail(
                    nameof(info.InheritedHandles),
                    $"The handle for descriptor {Text(number)} is null, closed or invalid.");
            }
        }
    }

    private static void Limits(ChildProcessStartInfo info)
    {
        uint seen = 0;
        ResourceLimit[] limits = info.LimitArray;
        for (int i = 0; i < limits.Length; i++)
        {
            ResourceLimit limit = limits[i];
            if (limit.Kind is < ResourceLimitKind.CpuTime or > ResourceLimitKind.RealtimeTime)
            {
                Fail(nameof(info.Limits), $"Limit {Text(i)} has an undefined kind.");
            }

            if (limit.Soft > limit.Hard)
            {
                Fail(nameof(info.Limits), $"Limit {Text(i)} ({limit.Kind}) has a soft limit above its hard limit.");
            }

            uint bit = 1u << (int)limit.Kind;
            if ((seen & bit) != 0)
            {
                Fail(nameof(info.Limits), $"Limit {Text(i)} ({limit.Kind}) is the second one of its kind.");
            }

            seen |= bit;
        }
    }

    private static void Enumerations(ChildProcessStartInfo info)
    {
        if (info.Containment is < Containment.Tree or > Containment.None)
        {
            OutOfRange(nameof(info.Containment), info.Containment, "Not a containment.");
        }

        if (info.ContainmentRequirement is < ContainmentRequirement.Any or > ContainmentRequirement.WholeTree)
        {
            OutOfRange(nameof(info.ContainmentRequirement), info.ContainmentRequirement, "Not a containment requirement.");
        }

        if (info.ContainmentRequirement == ContainmentRequirement.WholeTree && info.Containment is Containment.ProcessGroup or Containment.None)
        {
            Fail(nameof(info.ContainmentRequirement), $"Containment.{info.Containment} does not hold the whole tree.");
        }

        if (info.Leftovers is < Leftovers.Kill or > Leftovers.Release)
        {
            OutOfRange(nameof(info.Leftovers), info.Leftovers, "Not a way to treat leftovers.");
        }
    }

    private static void Policies(ChildProcessStartInfo info)
    {
        bool hasGroup = info.NewProcessGroup || info.NewSession || TerminalStdio.IsIn(info);
        if (!hasGroup && info.Stop.Scope == SignalScope.ProcessGroup)
        {
            Fail(nameof(info.Stop), "A signal to the process group needs NewProcessGroup or NewSession: the host's own group is not the child's.");
        }

        if (!hasGroup && info.OnOwnerLost?.Scope == SignalScope.ProcessGroup)
        {
            Fail(nameof(info.OnOwnerLost), "A signal to the process group needs NewProcessGroup or NewSession: the host's own group is not the child's.");
        }
    }

    private static void Numbers(ChildProcessStartInfo info)
    {
        if (info.Priority is < -20 or > 19)
        {
            OutOfRange(nameof(info.Priority), info.Priority, "The priority is not within -20 to 19.");
        }

        if (info.Umask is { } umask && ((int)umask & ~0x1FF) != 0)
        {
            OutOfRange(nameof(info.Umask), umask, "The umask has bits other than the nine permissions.");
        }

        if (info.DrainTimeout < TimeSpan.Zero && info.DrainTimeout != Timeout.InfiniteTimeSpan)
        {
            OutOfRange(nameof(info.DrainTimeout), info.DrainTimeout, "The drain timeout is negative.");
        }

        if (info.LineLimit < 1)
        {
            OutOfRange(nameof(info.LineLimit), info.LineLimit, "The line limit is less than one character.");
        }

        if (info.CaptureLimit < 0)
        {
            OutOfRange(nameof(info.CaptureLimit), info.CaptureLimit, "The capture limit is negative.");
        }
    }

    private static void Passable(string? value, string property, string what)
    {
        if (Fault(value) is { } fault)
        {
            Fail(property, $"{what} contains {fault}.");
        }
    }

    // What the system cannot take as it stands is refused, not changed: a NUL ends every string there, and half a
    // surrogate pair has no form in UTF-8.
    private static string? Fault(string? value)
    {
        for (int i = 0; i < value?.Length; i++)
        {
            if (value[i] == '\0')
            {
                return "a NUL character";
            }

            if (char.IsSurrogate(value[i]))
            {
                if (!char.IsSurrogatePair(value, i))
                {
                    return "half a surrogate pair, which UTF-8 cannot express";
                }

                i++;
            }
        }

        return null;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    [DoesNotReturn]
    private static void Fail(string property, string message) => throw new ArgumentException(message, property);

    [DoesNotReturn]
    private static void OutOfRange(string property, object? value, string message) =>
        throw new ArgumentOutOfRangeException(property, value, message);
}
