using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using ChildProc;

namespace Recipes;

/// <summary><see cref="ChildStdio.Stream"/>, <see cref="ChildStdio.Text"/> and <see cref="ChildStdio.Bytes"/>.</summary>
internal static class StreamRecipes
{
    public static async Task InAndOutAsync()
    {
        await using (GZipStream names = new(File.Create("names.gz"), CompressionMode.Compress))
        {
            await names.WriteAsync("b\na\n"u8.ToArray());
        }

        // <stream>
        await using GZipStream unsorted = new(File.OpenRead("names.gz"), CompressionMode.Decompress);
        using MemoryStream sorted = new();
        ChildResult result = await ChildProcess.RunAsync(new("sort")
        {
            StandardInput = ChildStdio.Stream(unsorted),
            StandardOutput = ChildStdio.Stream(sorted),
        });
        // </stream>

        Check.That(result.Status.IsSuccess && !result.InputIncomplete);
        Check.Equal("a\nb\n", Encoding.UTF8.GetString(sorted.ToArray()));
    }

    public static async Task TextAsync()
    {
        // <text>
        CapturedResult sorted = await ChildProcess.CaptureAsync(new("sort") { StandardInput = ChildStdio.Text("b\na\n") });
        // </text>

        Check.Equal("a\nb\n", sorted.StandardOutput);
    }

    public static async Task BytesAsync()
    {
        // <bytes>
        byte[] key = RandomNumberGenerator.GetBytes(32);
        CapturedResult size = await ChildProcess.CaptureAsync(new("wc", "-c") { StandardInput = ChildStdio.Bytes(key) });
        // </bytes>

        Check.Equal("32", size.StandardOutput.Trim());
    }

    public static async Task InputIncompleteAsync()
    {
        string report = new('x', 1_000_000);

        // <input-incomplete>
        CapturedResult first = await ChildProcess.CaptureAsync(new("head", "-c", "10") { StandardInput = ChildStdio.Text(report) });
        if (first.InputIncomplete)
            Console.WriteLine("head did not want all of it.");
        // </input-incomplete>

        Check.That(first.InputIncomplete && first.Status.IsSuccess);
        Check.Equal("xxxxxxxxxx", first.StandardOutput);
    }
}
