Console.WriteLine("Hello from a child process to be.");
