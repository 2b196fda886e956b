using System.Runtime.InteropServices;
using System.Text;
using ChildProc.Tool.Interop;

namespace ChildProc.Tool.Run;

/// <summary>A named pipe, open at both ends so that nobody waits for the other to open it; gone with this object.</summary>
internal sealed unsafe class Fifo : IDisposable
{
    private readonly int _fd;

    internal Fifo(string path)
    {
        const int ReadWrite = 2, CloseOnExec = 0x80000;
        Path = path;
        fixed (byte* bytes = (byte[])[.. Encoding.UTF8.GetBytes(path), 0])
        {
            _fd = LibC.mkfifo(bytes, 0x180) == 0 ? LibC.open(bytes, ReadWrite | CloseOnExec) : -1;
        }

        if (_fd < 0)
            throw new IOException($"{path}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    internal string Path { get; }

    internal void Write(ReadOnlySpan<byte> text)
    {
        fixed (byte* bytes = text)
        {
            if (LibC.write(_fd, bytes, text.Length) != text.Length)
                throw new IOException($"{Path}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    internal bool IsReadable(TimeSpan timeout)
    {
        LibC.PollDescriptor poll = new() { Fd = _fd, Events = LibC.POLLIN };
        return LibC.poll(&poll, 1, (int)timeout.TotalMilliseconds) == 1;
    }

    public void Dispose()
    {
        _ = LibC.close(_fd);
        File.Delete(Path);
    }
}
