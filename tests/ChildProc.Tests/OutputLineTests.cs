namespace ChildProc.Tests;

public sealed class OutputLineTests
{
    [Fact]
    public void A_line_reads_as_its_text() => Assert.Equal("hi", new OutputLine("hi", OutputSource.StandardError).ToString());

    [Fact]
    public void A_default_line_reads_as_empty() => Assert.Equal("", default(OutputLine).ToString());
}
