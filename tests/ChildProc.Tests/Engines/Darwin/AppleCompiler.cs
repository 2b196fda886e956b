using System.Diagnostics;

namespace ChildProc.Tests.Engines.Darwin;

/// <summary>clang as it compiles for Apple's systems. It knows their calling convention and layouts without their headers.</summary>
internal static class AppleCompiler
{
    internal static readonly string[] Targets = ["arm64-apple-macos11", "x86_64-apple-macos10.15"];

    /// <summary>The assembly of a C program without includes.</summary>
    internal static async Task<string> CompileAsync(string target, string source)
    {
        const string Clang = "/usr/bin/clang";
        Assert.SkipUnless(File.Exists(Clang), "there is no clang, the compiler that knows Apple's calling convention");
        ProcessStartInfo info = new(Clang, ["-target", target, "-std=c11", "-ffreestanding", "-Wall", "-Werror", "-O1", "-S", "-x", "c", "-o", "-", "-"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process clang = Process.Start(info)!;
        Task<string> output = clang.StandardOutput.ReadToEndAsync(), errors = clang.StandardError.ReadToEndAsync();
        await clang.StandardInput.WriteAsync(source);
        clang.StandardInput.Close();
        await clang.WaitForExitAsync();
        Assert.True(clang.ExitCode == 0, await errors);
        return await output;
    }
}
