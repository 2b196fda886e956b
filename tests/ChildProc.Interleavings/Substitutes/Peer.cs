using System.Runtime.InteropServices;
using ChildProc.Engines.Supervised;
using ChildProc.Interleavings.Scheduling;

namespace ChildProc.Interleavings.Substitutes;

/// <summary>The other end of a connection: the guardian's, or a supervisor's.</summary>
internal sealed class Peer(Kernel.Socket socket)
{
    /// <summary>The host has given its end up.</summary>
    internal bool IsAtEnd => socket.IsAtEnd;

    /// <summary>One message of these frames; whether anybody can still read it.</summary>
    internal void Send(params byte[][] frames)
    {
        Scheduler.Point("a keeper sends");
        if (!socket.IsAtEnd)
        {
            socket.Other!.Inbox.Enqueue([.. frames.SelectMany(static frame => frame)]);
        }
    }

    internal static byte[] Frame<T>(T frame)
        where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in frame)).ToArray();

    /// <summary>The type of the next message; null at the end.</summary>
    internal Wire.FrameType? Receive()
    {
        Scheduler.Block("a keeper receives", () => socket.Inbox.Count > 0 || socket.IsAtEnd);
        return socket.Inbox.TryDequeue(out byte[]? message) ? MemoryMarshal.Read<Wire.Frame>(message).Type : null;
    }

    /// <summary>What it was sent and has not received.</summary>
    internal List<Wire.FrameType> Unread => [.. socket.Inbox.Select(static message => MemoryMarshal.Read<Wire.Frame>(message).Type)];

    /// <summary>It ends.</summary>
    internal void Close()
    {
        Scheduler.Point("a keeper ends");
        socket.IsShut = socket.Other!.IsShut = true;
    }
}
