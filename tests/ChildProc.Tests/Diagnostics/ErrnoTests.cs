using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using ChildProc.Diagnostics;

namespace ChildProc.Tests.Diagnostics;

public sealed partial class ErrnoTests
{
    /// <summary>musl says "Invalid argument" too, but "No error information" where glibc says "Unknown error 4242".</summary>
    internal static bool TextIsGlibcs => Marshal.GetPInvokeErrorMessage(4242) == "Unknown error 4242";

    [Fact]
    public void Names_are_those_of_the_kernel_headers()
    {
        const string folder = "/usr/include/asm-generic/";
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists(folder + "errno.h"), "No kernel headers here.");
        int compared = 0;
        foreach (string header in (string[])["errno-base.h", "errno.h"])
        {
            foreach (Match line in Definition().Matches(File.ReadAllText(folder + header)))
            {
                int number = int.Parse(line.Groups[2].Value, CultureInfo.InvariantCulture);
                Assert.Equal(line.Groups[1].Value, Errno.Name(number));
                compared++;
            }
        }

        Assert.True(compared > 120);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(41)]
    [InlineData(58)]
    [InlineData(134)]
    [InlineData(int.MaxValue)]
    public void Numbers_without_a_name_have_none(int errno) => Assert.Null(Errno.Name(errno));

    [Fact]
    public void Code_gives_the_number_even_without_a_name() => Assert.Equal("errno 4242", Errno.Code(4242));

    [Fact]
    public void Description_has_text_name_and_number()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The names are those of Linux.");
        Assert.Equal("Permission denied (EACCES, errno 13)", Errno.Describe(13));
    }

    [GeneratedRegex(@"^#define\s+(E[A-Z0-9]+)\s+(\d+)", RegexOptions.Multiline)]
    private static partial Regex Definition();
}
