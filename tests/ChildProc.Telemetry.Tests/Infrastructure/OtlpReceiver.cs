using System.Net;
using System.Net.Sockets;

namespace ChildProc.Telemetry.Tests.Infrastructure;

/// <summary>A collector on the loopback: takes OTLP over HTTP, as protobuf, and keeps what comes.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly HttpListener _listener;
    private readonly Task _serving;

    internal OtlpReceiver()
    {
        (_listener, Endpoint) = Listen();
        _serving = ServeAsync();
    }

    internal Uri Endpoint { get; }

    /// <summary>What came, by the path it came to.</summary>
    internal Heard<(string Path, OtlpMessage Message)> Heard { get; } = new();

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving;
    }

    // A free port may be somebody else's a moment later.
    private static (HttpListener Listener, Uri Endpoint) Listen()
    {
        for (int attempt = 1; ; attempt++)
        {
            using TcpListener free = new(IPAddress.Loopback, 0);
            free.Start();
            int port = ((IPEndPoint)free.LocalEndpoint).Port;
            free.Stop();
            HttpListener listener = new();
            listener.Prefixes.Add($"http://127.0.0.1:{port}/");
            try
            {
                listener.Start();
                return (listener, new Uri($"http://127.0.0.1:{port}/"));
            }
            catch (HttpListenerException) when (attempt < 10)
            {
                listener.Close();
            }
        }
    }

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext request;
            try
            {
                request = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return; // closed
            }

            using MemoryStream body = new();
            await request.Request.InputStream.CopyToAsync(body);
            Assert.Equal("application/x-protobuf", request.Request.ContentType);
            request.Response.ContentType = "application/x-protobuf"; // an empty response message: all was taken
            request.Response.Close();
            Heard.Add((request.Request.Url!.AbsolutePath, new OtlpMessage(body.ToArray())));
        }
    }
}
