using System.Runtime.InteropServices;

namespace ChildProc.Engines.Supervised;

/// <summary>The messages of <c>src/ChildProc.Guardian/protocol.h</c>, which explains them; a test compares the two.</summary>
internal static class Wire
{
    internal const byte Version = 1;
    internal const int MaxInline = 24 * 1024;
    internal const int MaxBody = 32 * 1024 * 1024;
    internal const int MaxHandles = 240;
    internal const uint NullDevice = uint.MaxValue; // as the index of a path

    internal enum FrameType : ushort
    {
        Request = 1, Claimed = 2, Started = 3, Failed = 4, Exited = 5, TreeEmpty = 6, Signal = 7, Kill = 8, Release = 9,
        SignalFailed = 10, Hello = 32, Go = 33, PoolFailed = 34, SupervisorLost = 35, KillSupervisor = 36, Retire = 37,
    }

    [Flags]
    internal enum RequestFlags : uint
    {
        None = 0, NewSession = 1, NewGroup = 2, NoNewPrivileges = 4, SetUmask = 8, SetPriority = 16, SetCredentials = 32,
        ReleaseLeftovers = 64, BodyInMemfd = 128, Searched = 256, ControllingTerminal = 512, TellTime = 1024,
    }

    internal enum StdioKind : byte { Null = 0, Handle = 1, AsStandardOutput = 2 }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Frame
    {
        internal FrameType Type;
        internal byte FrameVersion;
        internal byte Reserved;
        internal uint Length;

        internal Frame(FrameType type, int length)
        {
            Type = type;
            FrameVersion = Version;
            Length = (uint)length;
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Request
    {
        internal Frame Frame;
        internal RequestFlags Flags;
        internal uint EffectiveUid, EffectiveGid;
        internal int ProcessGroup;
        internal uint Umask;
        internal int Priority;
        internal uint Uid, Gid;
        internal uint OwnerLostSignal, OwnerLostGraceMilliseconds, OwnerLostScope;
        internal StdioKind StandardInput, StandardOutput, StandardError;
        internal byte Terminal;
        internal uint LimitCount, GroupCount, HandleCount, PathCount, ArgumentCount, VariableCount, BodyLength, Reserved2;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Limit { internal uint Resource, Reserved; internal ulong Soft, Hard; }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Claimed { internal Frame Frame; internal int SupervisorPid; internal uint Claim; }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Started { internal Frame Frame; internal int Pid; internal uint Reserved; }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Failed { internal Frame Frame; internal uint Stage; internal int Error; internal uint PathIndex, BadInterpreter; }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Exited
    {
        internal Frame Frame;
        internal uint Pid, Code;
        internal int Status;
        internal uint ReapedMicroseconds;
        internal ulong UserMicroseconds, SystemMicroseconds, PeakKilobytes;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Signal { internal Frame Frame; internal uint Number, Scope; }

    [StructLayout(LayoutKind.Sequential)]
    internal struct SignalFailed { internal Frame Frame; internal uint Number; internal int Error; }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Hello { internal Frame Frame; internal int GuardianPid; internal uint FailedTest; internal int Error; internal uint Reserved; }

    [StructLayout(LayoutKind.Sequential)]
    internal struct PoolFailed { internal Frame Frame; internal int Error; internal uint Reserved; }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Supervisor { internal Frame Frame; internal int Pid; internal uint Claim; }

    /// <summary>The next frame of a message, or false at its end or at what is no frame of this version.</summary>
    internal static bool TryNext(ref ReadOnlySpan<byte> message, out FrameType type, out ReadOnlySpan<byte> frame)
    {
        type = default;
        frame = default;
        if (message.Length < 8)
        {
            return false;
        }

        Frame header = MemoryMarshal.Read<Frame>(message);
        if (header.FrameVersion != Version || header.Length < 8 || header.Length > message.Length)
        {
            return false;
        }

        type = header.Type;
        frame = message[..(int)header.Length];
        message = message[(int)header.Length..];
        return true;
    }

    /// <summary>The structure of a frame, or false when the frame is too short for it.</summary>
    internal static bool TryRead<T>(ReadOnlySpan<byte> frame, out T value)
        where T : unmanaged => MemoryMarshal.TryRead(frame, out value);
}
