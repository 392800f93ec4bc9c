using Spectre.Console;

AnsiConsole.MarkupLine("[bold]WordCount[/]");
