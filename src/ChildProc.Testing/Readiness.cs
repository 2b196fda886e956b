using System.Net;
using System.Net.Sockets;

namespace ChildProc.Testing;

/// <summary>How a <see cref="TestChild"/> shows that it is ready. Immutable; serves any number of children.</summary>
public abstract class Readiness
{
    private protected Readiness()
    {
    }

    /// <summary>What it waits for, in words.</summary>
    internal abstract string What { get; }

    /// <summary>It has printed this line, on standard output or standard error.</summary>
    /// <param name="line">The whole line, without its end.</param>
    /// <returns>The condition.</returns>
    public static Readiness Line(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        return new LineReadiness($"the line '{line}'", text => text == line);
    }

    /// <summary>It has printed a line like this, on standard output or standard error.</summary>
    /// <param name="isReady">Whether a line, without its end, is the one; it must not throw.</param>
    /// <returns>The condition.</returns>
    public static Readiness Line(Predicate<string> isReady)
    {
        ArgumentNullException.ThrowIfNull(isReady);
        return new LineReadiness("a certain line", isReady);
    }

    /// <summary>Something accepts connections to a TCP port of this machine, at its loopback address.</summary>
    /// <param name="port">The port, 1 to 65535.</param>
    /// <returns>The condition.</returns>
    /// <exception cref="ArgumentOutOfRangeException">It is no port.</exception>
    public static Readiness TcpPort(int port)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(port, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, IPEndPoint.MaxPort);
        return new ProbeReadiness($"a listener at TCP port {port}", async cancellationToken =>
        {
            using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken).ConfigureAwait(false);
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        });
    }

    /// <summary>A file or directory is there.</summary>
    /// <param name="path">Its path.</param>
    /// <returns>The condition.</returns>
    public static Readiness File(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string full = Path.GetFullPath(path);
        return new ProbeReadiness($"the file {full}", _ => ValueTask.FromResult(Path.Exists(full)));
    }

    /// <summary>A probe of your own says so. It is asked again and again, with pauses of 5 to 100 ms.</summary>
    /// <param name="what">What it waits for, for the message when it does not come.</param>
    /// <param name="probe">Whether it is ready; what it throws ends the start.</param>
    /// <returns>The condition.</returns>
    public static Readiness Probe(string what, Func<CancellationToken, ValueTask<bool>> probe)
    {
        ArgumentException.ThrowIfNullOrEmpty(what);
        ArgumentNullException.ThrowIfNull(probe);
        return new ProbeReadiness(what, probe);
    }

    /// <summary>Completes when it is ready.</summary>
    internal abstract Task WaitAsync(TestOutput output, CancellationToken cancellationToken);

    private sealed class LineReadiness(string what, Predicate<string> isReady) : Readiness
    {
        internal override string What => what;

        internal override Task WaitAsync(TestOutput output, CancellationToken cancellationToken) => output.WhenLineAsync(isReady).WaitAsync(cancellationToken);
    }

    private sealed class ProbeReadiness(string what, Func<CancellationToken, ValueTask<bool>> probe) : Readiness
    {
        private const int ShortestPause = 5, LongestPause = 100;

        internal override string What => what;

        internal override async Task WaitAsync(TestOutput output, CancellationToken cancellationToken)
        {
            for (int pause = ShortestPause; !await probe(cancellationToken).ConfigureAwait(false); pause = Math.Min(2 * pause, LongestPause))
            {
                await Task.Delay(pause, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
