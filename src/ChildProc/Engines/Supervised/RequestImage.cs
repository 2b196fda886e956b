using System.Buffers;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using ChildProc.Interop;
using ChildProc.Start;
using ChildProc.Stdio;
using ChildProc.Telemetry;

namespace ChildProc.Engines.Supervised;

/// <summary>A start info in the supervisors' own form: encoded once, sent as often as one likes.</summary>
[SupportedOSPlatform("linux")]
internal sealed class RequestImage : StartImage
{
    private const int ScratchLimit = 64 * 1024;
    [ThreadStatic] private static ArrayBufferWriter<byte>? s_scratch; // kept between starts, and emptied after each: it may hold secrets
    private readonly byte[] _body;
    private readonly List<string> _paths;
    private readonly int _strings; // where they begin in the body
    private Wire.Request _header;

    /// <exception cref="ChildProcessStartException">There is nothing to execute, or too much to pass.</exception>
    internal RequestImage(Engine engine, ChildProcessStartInfo info)
        : base(engine, info)
    {
        List<KeyValuePair<string, string>> environment;
        try
        {
            environment = EnvironmentBlock.Build(info);
            _paths = ProgramPath.Candidates(info.FileName, EnvironmentBlock.Find(environment, "PATH"));
            WorkingDirectory = info.WorkingDirectory is { } directory ? ProgramPath.Absolute(directory) : ".";
        }
        catch (IOException) // a relative path, and the host's current directory is gone
        {
            throw ChildProcessStartException.Create(StartStage.WorkingDirectory, Libc.ENOENT, info);
        }

        if (_paths.Count == 0)
        {
            throw ChildProcessStartException.Create(StartStage.Resolve, Libc.ENOENT, info);
        }

        ArrayBufferWriter<byte> body = s_scratch ??= new(4096);
        try
        {
            WriteFixed(body, info);
            _strings = body.WrittenCount;
            WriteStrings(body, info, _paths, environment);
            const int E2Big = 7;
            if (body.WrittenCount > Wire.MaxBody)
            {
                throw ChildProcessStartException.Create(StartStage.Execute, E2Big, info);
            }

            _body = body.WrittenSpan.ToArray();
        }
        finally
        {
            body.Clear();
            s_scratch = body.Capacity > ScratchLimit ? null : body;
        }

        _header.PathCount = (uint)_paths.Count;
        _header.ArgumentCount = (uint)info.Arguments.Count + 1;
        _header.VariableCount = (uint)environment.Count;
        _header.BodyLength = (uint)_body.Length;
        WriteHeader(info);
    }

    /// <summary>As it was at the preparation; "." when each start takes the host's own of its moment.</summary>
    internal string WorkingDirectory { get; }

    internal ReadOnlySpan<byte> Body => _body;

    /// <summary>The NUL-terminated strings in the body: paths, arguments, environment variables.</summary>
    internal ReadOnlySpan<byte> Strings => _body.AsSpan(_strings);

    /// <summary>How many strings of each kind there are.</summary>
    internal (int Paths, int Arguments, int Variables) Counts => ((int)_header.PathCount, (int)_header.ArgumentCount, (int)_header.VariableCount);

    internal unsafe bool IsInline => sizeof(Wire.Request) + _body.Length <= Wire.MaxInline;

    /// <summary>The header for one start: what depends on the host's state now, and on the streams, is filled in.</summary>
    internal unsafe Wire.Request Header(in HostIdentity identity, StartResources resources)
    {
        Wire.Request header = _header;
        header.Frame = new Wire.Frame(Wire.FrameType.Request, sizeof(Wire.Request) + (IsInline ? _body.Length : 0));
        header.EffectiveUid = identity.Uid;
        header.EffectiveGid = identity.Gid;
        header.ProcessGroup = Libc.getpgrp();
        header.StandardInput = resources.InputKind;
        header.StandardOutput = resources.OutputKind;
        header.StandardError = resources.ErrorKind;
        if (!IsInline)
        {
            header.Flags |= Wire.RequestFlags.BodyInMemfd;
        }

        if (ChildTelemetry.IsWanted)
        {
            header.Flags |= Wire.RequestFlags.TellTime;
        }

        return header;
    }

    internal ChildProcessStartException Failure(in Wire.Failed failed)
    {
        StartStage stage = (StartStage)failed.Stage;
        string? path = stage == StartStage.StandardStreams && failed.PathIndex == Wire.NullDevice ? "/dev/null"
            : stage == StartStage.Execute && failed.PathIndex < _paths.Count ? _paths[(int)failed.PathIndex] : null;
        return ChildProcessStartException.Create(stage, failed.Error, Info, path, failed.BadInterpreter != 0);
    }

    private void WriteFixed(ArrayBufferWriter<byte> body, ChildProcessStartInfo info)
    {
        foreach (ResourceLimit limit in info.Limits)
        {
            Write(body, new Wire.Limit { Resource = (uint)limit.Kind, Soft = limit.Soft, Hard = limit.Hard });
        }

        if (info.Credentials is { } credentials)
        {
            foreach (uint group in credentials.SupplementaryGroups)
            {
                Write(body, group);
            }

            _header.GroupCount = (uint)credentials.SupplementaryGroups.Count;
        }

        foreach (int target in info.InheritedHandles.Keys)
        {
            Write(body, target);
        }

        _header.LimitCount = (uint)info.Limits.Count;
        _header.HandleCount = (uint)info.InheritedHandles.Count;
    }

    private void WriteHeader(ChildProcessStartInfo info)
    {
        Wire.RequestFlags flags = info.FileName.Contains('/') ? Wire.RequestFlags.None : Wire.RequestFlags.Searched;
        flags |= info.NewSession ? Wire.RequestFlags.NewSession : 0;
        flags |= info.NewProcessGroup ? Wire.RequestFlags.NewGroup : 0;
        if (TerminalStdio.IsIn(info))
        {
            flags |= Wire.RequestFlags.NewSession | Wire.RequestFlags.ControllingTerminal;
            _header.Terminal = (byte)(info.StandardInput is TerminalStdio ? 0 : info.StandardOutput is TerminalStdio ? 1 : 2);
        }

        flags |= info.NoNewPrivileges ? Wire.RequestFlags.NoNewPrivileges : 0;
        flags |= info.Leftovers == Leftovers.Release ? Wire.RequestFlags.ReleaseLeftovers : 0;
        if (info.Umask is { } umask)
        {
            flags |= Wire.RequestFlags.SetUmask;
            _header.Umask = (uint)umask;
        }

        if (info.Priority is { } priority)
        {
            flags |= Wire.RequestFlags.SetPriority;
            _header.Priority = priority;
        }

        if (info.Credentials is { } credentials)
        {
            flags |= Wire.RequestFlags.SetCredentials;
            _header.Uid = credentials.UserId;
            _header.Gid = credentials.GroupId;
        }

        if (info.OnOwnerLost is { } lost)
        {
            _header.OwnerLostSignal = (uint)lost.Signal.Number;
            _header.OwnerLostGraceMilliseconds = (uint)Deadline.Whole(lost.Grace).TotalMilliseconds;
            _header.OwnerLostScope = (uint)lost.Scope;
        }

        _header.Flags = flags;
    }

    private static void WriteStrings(
        ArrayBufferWriter<byte> body, ChildProcessStartInfo info, List<string> paths, List<KeyValuePair<string, string>> environment)
    {
        foreach (string path in paths)
        {
            Write(body, path);
        }

        Write(body, info.ArgumentZero ?? info.FileName);
        foreach (string argument in info.Arguments)
        {
            Write(body, argument);
        }

        foreach ((string name, string value) in environment)
        {
            Write(body, name, value);
        }
    }

    private static void Write<T>(ArrayBufferWriter<byte> body, T value)
        where T : unmanaged => body.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));

    private static void Write(ArrayBufferWriter<byte> body, string text)
    {
        Encoding.UTF8.GetBytes(text, body);
        body.Write("\0"u8);
    }

    private static void Write(ArrayBufferWriter<byte> body, string name, string value)
    {
        const char Replacement = '\uFFFD';
        if ((value.Contains(Replacement) || name.Contains(Replacement)) && RawEnvironment.Find(name, value) is { IsEmpty: false } raw)
        {
            body.Write(raw);
            body.Write("\0"u8);
            return;
        }

        Encoding.UTF8.GetBytes(name, body);
        body.Write("="u8);
        Write(body, value);
    }
}
