namespace Recipes;

/// <summary>A recipe cannot be run on this machine.</summary>
public sealed class NotHereException(string message) : Exception(message);
