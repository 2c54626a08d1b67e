"""Pictures and clips: thumbnails, previews, before and after."""
